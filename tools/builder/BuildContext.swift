import ToolSupport

/// Debug keeps checks and readable code; release is what images ship.
public enum Configuration: String, Sendable {
  case debug, release
}

/// What one build is of: where, for which machine, and how.
public struct BuildContext: Sendable {
  /// The package's folder; paths of steps are relative to it.
  public let root: String
  public let architecture: Architecture
  public let configuration: Configuration
  public let toolchain: SwiftToolchain

  public init(
    root: String, architecture: Architecture, configuration: Configuration,
    toolchain: SwiftToolchain
  ) {
    self.root = root
    self.architecture = architecture
    self.configuration = configuration
    self.toolchain = toolchain
  }

  /// Where everything made for this machine goes, relative to the root.
  public var folder: String {
    configuration == .release
      ? "build/\(architecture.name)" : "build/\(architecture.name)-debug"
  }

  /// The program that assembles for this machine.
  var assembler: String { architecture.route.assembler ?? toolchain.program("clang") }
  /// The program that links for this machine.
  var linker: String { architecture.route.linker ?? toolchain.program("ld.lld") }

  public var kernelPath: String { "\(folder)/kernel.elf" }
  /// The kernel as images hold it, without what only a debugger reads.
  public var bootKernelPath: String { "\(folder)/kernel.boot.elf" }
  /// How many trap instructions the kernel has, and where each comes from.
  public var trapReportPath: String { "\(folder)/kernel/traps.txt" }
  public var initramfsPath: String { "\(folder)/initramfs.tar" }
  public var loaderPath: String { "\(folder)/loader/\(architecture.efiFileName)" }
  /// A user program's finished ELF file.
  public func programPath(_ name: String) -> String { "\(folder)/programs/\(name)" }
}
