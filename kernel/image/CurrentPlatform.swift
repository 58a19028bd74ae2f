@_exported import CurrentMachine
import PlatformCommon

// The build gives the platform of each architecture the name `CurrentMachine`; every platform
// module calls its conformer `KernelPlatform`.

/// The machine that this kernel is for.
typealias CurrentPlatform = CurrentMachine.KernelPlatform

/// Fails to compile for a platform that lacks anything that the kernel's image needs.
typealias CheckedPlatform = PlatformCheck<CurrentPlatform>
enum PlatformCheck<P: LiminePlatform & ~Copyable> {}
