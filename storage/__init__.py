"""Where image bytes live: one port (`dpip.ports.ImageStore`), several stores.

`open_store` makes a store from its location; `shared_folder` and `shares` let two processes find out
whether they look at the same folder; `storage.exchange` is how workers reach a store.
"""

from storage.folder import FolderStore
from storage.location import open_store
from storage.memory import MemoryStore
from storage.sharing import SharedFolder, shared_folder, shares

__all__ = ["FolderStore", "MemoryStore", "SharedFolder", "open_store", "shared_folder", "shares"]
