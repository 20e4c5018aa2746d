"""The address of one pair, to be kept, sent, or opened beside another."""

from datetime import datetime
from urllib.parse import urlencode


def permalink(workflow: str, pair_id: str, occurred_at: datetime) -> str:
    """The pair's address, from any page of the dashboard."""
    return f"pairs?{urlencode({'workflow': workflow, 'pair': f'{pair_id}@{occurred_at.isoformat()}'})}"
