"""Settings: one typed model for scoring_config.json, loaded with every problem reported at once."""

from facetd.config.load import LoadedConfig, load_config, save_config
from facetd.config.model import Config

__all__ = ["Config", "LoadedConfig", "load_config", "save_config"]
