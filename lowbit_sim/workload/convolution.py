"""The geometry of a two-dimensional convolution, and the matrix product it is."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Convolution:
    """The geometry of a two-dimensional convolution, in elements.

    ``padding`` is zeros before and behind the input; ``extra_padding`` is more of them behind it,
    below and to the right. torch's ``padding="same"`` needs it where an even number of zeros
    does not do.

    Raises
    ------
    ValueError
        If a dimension is not positive, a padding is negative, the groups do not divide the
        channels, or the kernel does not fit into the padded input.

    Examples
    --------
    >>> Convolution(3, 8, 16, 16, 3, 3, 2, 2, 1, 1, 1, 1, groups=1).out_height
    8
    """

    in_channels: int
    out_channels: int
    in_height: int
    in_width: int
    kernel_height: int
    kernel_width: int
    stride_height: int
    stride_width: int
    padding_height: int
    padding_width: int
    dilation_height: int
    dilation_width: int
    groups: int
    extra_padding_height: int = 0
    extra_padding_width: int = 0

    def __post_init__(self) -> None:
        for field in fields(self):
            least = 0 if "padding" in field.name else 1
            given = getattr(self, field.name)
            if given < least:
                raise ValueError(f"convolution: {field.name} must be at least {least}, got {given}")
        if self.in_channels % self.groups or self.out_channels % self.groups:
            raise ValueError(
                f"convolution: {self.groups} groups do not divide"
                f" {self.in_channels} and {self.out_channels} channels"
            )
        if min(self.out_height, self.out_width) < 1:
            raise ValueError("convolution: the kernel is larger than the padded input")

    @property
    def out_height(self) -> int:
        """Rows of the output."""
        reach = self.dilation_height * (self.kernel_height - 1) + 1
        padded = self.in_height + 2 * self.padding_height + self.extra_padding_height
        return (padded - reach) // self.stride_height + 1

    @property
    def out_width(self) -> int:
        """Columns of the output."""
        reach = self.dilation_width * (self.kernel_width - 1) + 1
        padded = self.in_width + 2 * self.padding_width + self.extra_padding_width
        return (padded - reach) // self.stride_width + 1

    @property
    def gemm_dims(self) -> tuple[int, int, int, int]:
        """The GEMM it is: batch, m, k, n."""
        return (
            self.groups,
            self.out_height * self.out_width,
            self.in_channels // self.groups * self.kernel_height * self.kernel_width,
            self.out_channels // self.groups,
        )
