"""Requests that several layers share: the body of a route and the arguments of a job are one model."""
