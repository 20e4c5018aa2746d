"""What `streamlit run` serves: the pages, with the login's secrets taken from the configuration."""

import os
from pathlib import Path

import streamlit as st

from dashboards.login import auth_section
from dashboards.serving import CONFIG_VARIABLE
from shadow.config import load

_login = load(Path(os.environ[CONFIG_VARIABLE])).dashboard.login
app = st.App(Path(__file__).with_name("app.py"), secrets={"auth": auth_section(_login)} if _login else {})
