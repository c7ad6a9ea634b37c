"""The sweep job: many configurations of a network, the best of them validated, registered and promoted."""
