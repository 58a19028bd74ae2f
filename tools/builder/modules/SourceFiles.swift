import ToolSupport

/// Which files of a folder are built.
enum SourceFiles {
  /// Swift sources in and below `folder`, those of host tests left out.
  static func swift(in folder: String, root: String) -> [String] {
    Files.paths(under: folder, endingIn: [".swift"], root: root, excluded: ["tests"])
  }

  /// Assembly sources in and below `folder`.
  static func assembly(in folder: String, root: String) -> [String] {
    Files.paths(under: folder, endingIn: [".S"], root: root)
  }

  /// What other sources include: headers, assembly macros, and module maps.
  static func headers(in folder: String, root: String) -> [String] {
    Files.paths(under: folder, endingIn: [".h", ".inc", ".modulemap"], root: root)
  }
}
