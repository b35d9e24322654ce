"""Settings: the only place where the environment is read.

Every field is a `RAPPORT_*` variable; each has a default, a unit in its sentence, and a user who changes it.
`docs/reference/settings.md` lists them and a test compares the two.
"""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What an operator may change. Command-line options win over the environment."""

    model_config = SettingsConfigDict(env_prefix="RAPPORT_", extra="ignore", frozen=True)

    data_dir: Path = Field(Path(".rapport"), description="Folder of the embedded database, the encoder and the secret key.")
    database_url: SecretStr | None = Field(
        None, description="A PostgreSQL 15 or newer to use instead of the embedded one, as postgresql://user:password@host/name."
    )
    database_connections: int = Field(16, ge=2, le=500, description="Most connections that one process opens to PostgreSQL.")
    secret_key: SecretStr | None = Field(
        None, description="Encrypts stored tokens; set the same one on all machines of a database. Unset: secret.key in the data folder."
    )
    host: str = Field("127.0.0.1", description="Address that the server listens on.")
    port: int = Field(8700, ge=0, le=65535, description="Port that the server listens on.")
    public_url: str | None = Field(None, description="Base URL for links in answers and Link headers, when a proxy hides the real one.")
    worker: bool = Field(True, description="Whether `serve` also analyses; set to false where `rapport worker` runs beside it.")
    model: str = Field(
        "builtin",
        description="Language model: builtin | scripted:FILE | openai:MODEL@BASE_URL | anthropic:MODEL[@BASE_URL] | "
        "pydantic_ai:PROVIDER:MODEL (the extra of that name).",
    )
    model_api_key: SecretStr | None = Field(None, description="Key for the language model.")
    analysis_model: str | None = Field(
        None, description="Language model that judges conversations where a product asks for it, spelled as RAPPORT_MODEL; unset: that one."
    )
    analysis_model_api_key: SecretStr | None = Field(None, description="Key for RAPPORT_ANALYSIS_MODEL; unset: RAPPORT_MODEL_API_KEY.")
    analysis_tokens_per_day: int = Field(
        1_000_000, ge=0, description="Tokens a day that judging may use for a product that sets no budget of its own."
    )
    analysis_model_calls: int = Field(4, ge=1, le=100, description="Most calls of the language model at a time, to judge conversations.")
    analysis_model_delay_s: float = Field(10.0, ge=0, description="Seconds a conversation must be quiet before a language model judges it.")
    encoder: str | None = Field(
        None, description="Folder of another sentence-transformers style ONNX encoder; `off` uses the lexical methods."
    )
    sdk_conformance: bool = Field(False, description="Relaxes three rules so that the SDKs' own schema-mock test suites pass.")
    compat: Literal["lenient", "strict"] = Field("lenient", description="Whether odd but harmless requests are accepted.")
    max_body_mb: int = Field(12, ge=1, le=1024, description="Largest request body, in MiB.")
    chat_tokens_per_hour: int = Field(
        500_000, ge=1, description="Tokens that the analyst may use per rolling hour and tenant on the growth plan."
    )
    analysis_delay_s: float = Field(2.0, ge=0, description="Seconds a conversation must be quiet before it is analysed.")
    run_on_disconnect: Literal["continue", "cancel"] = Field("continue", description="What becomes of a run whose reader leaves.")
    run_max_seconds: float = Field(300.0, gt=0, description="Seconds after which a run is ended with the error `timeout`.")
    run_abandoned_seconds: float = Field(120.0, gt=0, description="Seconds that a run goes on when nobody reads it any more.")
    run_drain_seconds: float = Field(5.0, ge=0, le=60, description="Seconds that running answers get to end when the server is stopped.")
    run_keep_days: float = Field(7.0, ge=0, description="Days that the events of ended runs can be replayed.")
    team_member_seconds: float = Field(20.0, gt=0, description="Seconds that a team waits for one member; later answers go to its inbox.")
    team_members_at_once: int = Field(8, ge=1, le=100, description="Most members of a team that answer at the same time.")
    allow_private_urls: bool = Field(False, description="Whether webhooks and tools may call private addresses.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least severe log line that is written.")
    log_format: Literal["console", "json"] = Field("console", description="How log lines are written to standard error.")
