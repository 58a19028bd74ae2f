import Foundation

/// File work whose failures are messages for a person.
public enum Files {
  /// Writes `text` to `path`, in whole or not at all.
  public static func write(_ text: String, to path: String) throws(ToolFailure) {
    do {
      try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw failure("could not write", path, error)
    }
  }

  /// Writes `bytes` to `path`, in whole or not at all.
  public static func write(_ bytes: [UInt8], to path: String) throws(ToolFailure) {
    do {
      try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw failure("could not write", path, error)
    }
  }

  /// The text of the file at `path`.
  public static func text(of path: String) throws(ToolFailure) -> String {
    do {
      return try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      throw failure("could not read", path, error)
    }
  }

  /// The bytes of the file at `path`.
  public static func bytes(of path: String) throws(ToolFailure) -> [UInt8] {
    do {
      return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    } catch {
      throw failure("could not read", path, error)
    }
  }

  /// Makes the folder at `path` and those above it.
  public static func makeFolder(_ path: String) throws(ToolFailure) {
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true)
    } catch {
      throw failure("could not make the folder", path, error)
    }
  }

  /// Makes an empty folder at `path`, whatever was there.
  public static func makeEmptyFolder(_ path: String) throws(ToolFailure) {
    if exists(path) {
      do { try FileManager.default.removeItem(atPath: path) } catch {
        throw failure("could not empty", path, error)
      }
    }
    try makeFolder(path)
  }

  /// Copies a file or a whole folder.
  public static func copy(_ source: String, to target: String) throws(ToolFailure) {
    do {
      try FileManager.default.copyItem(atPath: source, toPath: target)
    } catch {
      throw failure("could not copy \(source) to", target, error)
    }
  }

  /// Gives the file at `source` the name `target`, in place of what had it.
  public static func move(_ source: String, to target: String) throws(ToolFailure) {
    do {
      if exists(target) { try FileManager.default.removeItem(atPath: target) }
      try FileManager.default.moveItem(atPath: source, toPath: target)
    } catch {
      throw failure("could not move \(source) to", target, error)
    }
  }

  public static func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: path)
  }

  public static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    // SAFETY: the flag outlives the call, which writes it once.
    return unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      && isFolder.boolValue
  }

  /// Names of what the folder at `path` holds, sorted; empty if there is no such folder.
  public static func names(in path: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }

  /// Paths of the files under `folder` whose name ends in one of `suffixes`, sorted, relative
  /// to `root`; folders named in `excluded` and hidden ones are passed over.
  public static func paths(
    under folder: String, endingIn suffixes: [String], root: String, excluded: [String] = []
  ) -> [String] {
    names(in: "\(root)/\(folder)").flatMap { name -> [String] in
      let path = "\(folder)/\(name)"
      guard !name.hasPrefix("."), !excluded.contains(name) else { return [] }
      if isFolder("\(root)/\(path)") {
        return paths(under: path, endingIn: suffixes, root: root, excluded: excluded)
      }
      return suffixes.contains { name.hasSuffix($0) } ? [path] : []
    }
  }

  public static func byteCount(of path: String) -> Int {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    return attributes?[.size] as? Int ?? 0
  }

  /// Bytes that can still be written where `path` is.
  public static func freeByteCount(at path: String) -> Int? {
    let attributes = try? FileManager.default.attributesOfFileSystem(forPath: path)
    return attributes?[.systemFreeSize] as? Int
  }

  private static func failure(_ what: String, _ path: String, _ error: any Error) -> ToolFailure {
    let detail = (error as NSError).localizedDescription
    return ToolFailure("\(what) \(path): \(detail)")
  }
}
