/// Programs import `Libmnos` alone: the binary contract comes with it.
@_exported import MnosABI
