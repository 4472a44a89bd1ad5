//! Settings: the raw shape of Rocket.toml and environment, then checked settings, once, at start.
