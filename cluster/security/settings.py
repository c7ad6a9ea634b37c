"""The group `TRII_TOKEN_…`: what bearer tokens say and how long they hold."""

from pydantic import BaseModel, Field, PositiveInt


class TokenSettings(BaseModel):
    """Bearer tokens: whose are taken, and how long they hold."""

    token_issuer: str = Field(default="trii", description="who gives tokens (`iss`)")
    token_audience: str = Field(default="trii-api", description="whom tokens are for (`aud`)")
    token_of_jobs_ttl_s: PositiveInt = Field(
        default=7 * 24 * 3600, description="seconds that the token in a job's environment holds"
    )
    token_ttl_s: PositiveInt = Field(default=12 * 3600, description="seconds that a token holds")
