"""What is closed at the end of a `with`."""

from abc import ABC, abstractmethod
from typing import Self


class Closing(ABC):
    """Gives itself to a `with`, and is closed however that ends."""

    @abstractmethod
    def close(self) -> None:
        """Give back what it holds, such as connections."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
