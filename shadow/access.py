"""Where the pages are served."""

from pydantic import Field

from shadow.strict import Strict


class DashboardSettings(Strict):
    """Where the pages are served."""

    host: str = Field(default="127.0.0.1", description="the address to listen on; 0.0.0.0 for other machines too")
    port: int = Field(default=8501, ge=1, le=65535, description="the port to listen on")
