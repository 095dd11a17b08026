from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BrowserAssets(BuildHookInterface):
    def initialize(self, version, build_data):
        return
