"""The gate over HTTP: may a phase begin? For release tools, monitoring and scripts."""
