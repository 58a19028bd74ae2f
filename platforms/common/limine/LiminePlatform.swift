import KernelHAL

/// What the boot protocol leaves to each architecture.
public protocol LiminePlatform: MachinePlatform, ~Copyable {
  /// How loaders describe processors.
  static var processorLayout: LimineProcessorLayout { get }
  /// Levels of page tables in the protocol's paging mode 0.
  static var lowestLevelCount: Int { get }
}
