"""Where this worker gets originals and hands in results, by what the controller told it."""

from __future__ import annotations

from dataclasses import dataclass

from bus.messages import Subscribed
from dpip.ports import ImageExchange
from dpip.trust import trust
from storage import open_store, shares
from storage.api_exchange import ApiExchange
from storage.exchange import StoreExchange


@dataclass(frozen=True, slots=True)
class FolderPlace:
    """The image store's own folder, which this machine shares."""

    folder: str
    flush: bool = False

    def open(self) -> ImageExchange:
        return StoreExchange(open_store(self.folder, flush=self.flush))


@dataclass(frozen=True, slots=True)
class ApiPlace:
    """The API, for a machine that shares no folder with it."""

    url: str
    token: str
    authorities: str = ""  # PEM: who may vouch for the API, besides those that this machine trusts anyway

    def open(self) -> ImageExchange:
        return ApiExchange(self.url, self.token, trusting=trust(self.authorities))

    def __repr__(self) -> str:
        return f"ApiPlace({self.url!r})"  # the token is nobody's to read in a log


Place = FolderPlace | ApiPlace


def choose_place(
    told: Subscribed, own_folder: str | None, authorities: str = "", *, flush: bool
) -> Place | None:
    """The folder, where it is the same one here (under the worker's own path for it, or the controller's);
    else the API; None while neither is known."""
    if told.image_folder_mark:
        for folder in (own_folder, told.image_folder):
            if folder and shares(folder, told.image_folder_mark):
                return FolderPlace(folder, flush)
    return ApiPlace(told.api_url, told.image_token, authorities) if told.api_url else None
