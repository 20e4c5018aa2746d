"""What `streamlit run` serves: the pages, with the login's secrets taken from the configuration."""

import gc
import os
from pathlib import Path

import streamlit as st

import dashboards.door  # noqa: F401  (before anybody asks: the first page would wait seconds for it)
from dashboards.login import auth_section
from dashboards.serving import CONFIG_VARIABLE
from shadow.config import load

_login = load(Path(os.environ[CONFIG_VARIABLE])).dashboard.login
app = st.App(Path(__file__).with_name("app.py"), secrets={"auth": auth_section(_login)} if _login else {})

# Python's collector need not walk all modules after each click: that makes people wait a tenth of a second longer.
gc.collect()
gc.freeze()
