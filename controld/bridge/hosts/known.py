"""What this machine knows of plugins without asking an engine: the packaged descriptions, and what was read before.

A shell: what a bridge with a mod-host read of the installed bundles is kept on disk (`lv2_cache`), and looked up here
when somebody names a plugin that the package does not describe. Nothing is read anew: a bundle that changed since is as
good as unknown.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache, cached_property

from controld.bridge.hosts.catalogue import Plugin, load_catalogue
from controld.bridge.hosts.lv2_cache import Shelf, cache_path, read_cache, stamp


class KnownPlugins(Mapping[str, Plugin]):
    """Plugins by URI; a packaged one stays as it is packaged, but for what the installed one has beyond it."""

    def __init__(self) -> None:
        self._fresh: dict[str, bool] = {}  # by bundle: whether it is what it was when it was read

    @cached_property
    def _installed(self) -> Shelf:
        return read_cache(cache_path()) or Shelf({})

    def __getitem__(self, uri: str) -> Plugin:
        """Return a plugin.

        Raises:
            KeyError: where none of that URI is known.
        """
        packaged, installed = load_catalogue().get(uri), self._installed.get(uri)
        if installed is None or not self._is_fresh(installed.bundle):
            if packaged is None:
                raise KeyError(uri)
            return packaged
        if packaged is None:
            return installed
        more = tuple(each for each in installed.controls if each.symbol not in packaged.control_by_symbol)
        return replace(packaged, controls=(*packaged.controls, *more)) if more else packaged

    def _is_fresh(self, bundle: str) -> bool:
        if bundle not in self._fresh:
            self._fresh[bundle] = stamp(bundle) == self._installed.stamps.get(bundle)
        return self._fresh[bundle]

    def __iter__(self) -> Iterator[str]:
        """Yield the URIs, in their order."""
        return iter(sorted(uri for uri in {*load_catalogue(), *self._installed} if self._has(uri)))

    def _has(self, uri: str) -> bool:
        return uri in load_catalogue() or uri in self

    def __len__(self) -> int:
        """Return how many there are."""
        return sum(1 for _ in self)


@cache
def known_plugins() -> KnownPlugins:
    """Return what is known; looked at once in a process, shared afterwards."""
    return KnownPlugins()
