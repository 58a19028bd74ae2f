/// One Swift module of the machine's side.
public struct ModuleSpec: Sendable, Equatable {
  /// The three worlds, each with its own flags and its own copy of MnosABI.
  public enum Side: String, Sendable {
    case kernel, user, loader
  }

  public let name: String
  public let side: Side
  /// Folders whose sources make up the module; `tests` folders inside are passed over.
  public let folders: [String]
  /// Modules it may import.
  public let imports: [String]
  /// Folders of C shims, with a module map each.
  public let shims: [String]
  /// Names by which its sources import other modules, for modules of the architecture.
  public let aliases: [ModuleAlias]

  public init(
    _ name: String, side: Side, folders: [String], imports: [String] = [],
    shims: [String] = [], aliases: [ModuleAlias] = []
  ) {
    self.name = name
    self.side = side
    self.folders = folders
    self.imports = imports
    self.shims = shims
    self.aliases = aliases
  }
}

/// A module by a name that is the same on every architecture.
public struct ModuleAlias: Sendable, Equatable {
  public let name: String
  public let module: String

  public init(_ name: String, for module: String) {
    self.name = name
    self.module = module
  }
}

/// One user program: a module with an entry point, and where its file goes in the image.
public struct ProgramSpec: Sendable, Equatable {
  /// Which folder of the image the program is in.
  public enum Place: Sendable {
    /// Beside the kernel: the one program that the kernel starts.
    case boot
    case bin
    case tests
    /// Beside the tests, to be run by them: reports no facts of its own.
    case subject
    /// On an image of its own, in the place of the program that the kernel starts.
    case bootTests

    /// Whether it reports facts by the test harness.
    var isTest: Bool { self == .tests || self == .bootTests }
  }

  /// Its file name in the image.
  public let name: String
  public let place: Place
  public let module: ModuleSpec
}
