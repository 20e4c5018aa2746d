"""The table [store] of the configuration."""

from pydantic import Field

from shadow.strict import Strict


class S3Settings(Strict):
    """How the bucket of a lake is reached."""

    key_id: str = Field(min_length=1, repr=False, description='the access key, for example "env:AWS_ACCESS_KEY_ID"')
    secret: str = Field(min_length=1, repr=False, description='its secret, as "env:NAME"')
    session_token: str | None = Field(default=None, repr=False, description='"env:NAME", for keys that expire')
    region: str = Field(default="us-east-1", description="the bucket's region")
    endpoint: str | None = Field(
        default=None, pattern="^https?://[^/]+$", description="http(s)://HOST:PORT of a store that is not AWS's"
    )


class StoreSettings(Strict):
    """Where pairs, verdicts and sign-offs are kept."""

    url: str = Field(
        default="duckdb:shadowjudge.duckdb",
        repr=False,
        description="duckdb:PATH, one file, made when it is absent; quack:HOST:PORT, the file that another machine "
        "serves; or ducklake:postgres:CONNECTION, a lake",
    )
    data_path: str | None = Field(
        default=None,
        description="the folder of a lake's Parquet files, which all its processes see, or s3://BUCKET/PREFIX",
    )
    s3: S3Settings | None = Field(default=None, description="[store.s3], the keys of a lake on S3")
    serve: str | None = Field(
        default=None,
        description="HOST:PORT at which the owner of a file serves it to quack:HOST:PORT, without TLS: stay on the "
        "loopback behind a reverse proxy",
    )
    token: str | None = Field(
        default=None, repr=False, description='"env:NAME", for serve and quack: at least 16 characters'
    )
    retention_days: int | None = Field(
        default=None, ge=1, description="pairs of older calls are deleted, with all that was said of them; else kept"
    )
