import Libmnos

// Finding, making, removing and renaming.
extension MemoryFileSystem {
  func find(_ path: FilePath) throws(FileSystemError) -> FileNode { node(at: try place(of: path)) }

  /// - Throws: `notFound`, `notDirectory`.
  private func place(of path: FilePath) throws(FileSystemError) -> Int {
    var index = 0
    try path.forEachPart { (part: ArraySlice<UInt8>) throws(FileSystemError) in
      guard nodes[index]!.kind == .directory else { throw .notDirectory }
      guard let child = child(named: part, of: index) else { throw .notFound }
      index = child
    }
    if path.namesDirectory, nodes[index]!.kind != .directory { throw .notDirectory }
    return index
  }

  mutating func create(
    _ path: FilePath, _ kind: FileKind, isExclusive: Bool
  ) throws(FileSystemError) -> FileNode {
    if let index = try existing(path, kind, isExclusive: isExclusive) {
      return node(at: index)
    }
    guard kind == .directory || !path.namesDirectory else { throw .isDirectory }
    let parent = try place(of: path.parent)
    guard Self.isName(path.last) else { throw .badArgument }
    let index = try addNode(kind, named: Array(path.last), in: parent)
    return node(at: index)
  }

  mutating func remove(_ path: FilePath) throws(FileSystemError) {
    let index = try place(of: path)
    guard index != 0 else { throw .inUse }
    guard nodes[index]!.children.isEmpty else { throw .notEmpty }
    removeName(of: index)
  }

  mutating func rename(_ path: FilePath, to newPath: FilePath) throws(FileSystemError) {
    let index = try place(of: path)
    guard index != 0, !newPath.isRoot else { throw .inUse }
    if path.bytes == newPath.bytes { return }
    guard newPath.inside(path) == nil else {
      throw nodes[index]!.kind == .directory ? .intoItself : .notDirectory
    }
    let parent = try place(of: newPath.parent)
    guard nodes[parent]!.kind == .directory else { throw .notDirectory }
    guard Self.isName(newPath.last) else { throw .badArgument }
    if newPath.namesDirectory, nodes[index]!.kind != .directory { throw .notDirectory }
    let replaced = child(named: newPath.last, of: parent)
    if let replaced { try checkReplacing(replaced, by: index) }
    // Nothing below can fail.
    if let replaced { removeName(of: replaced) }
    unlink(index)
    nodes[index]!.name = Array(newPath.last)
    link(index, into: parent)
  }

  private func checkReplacing(_ replaced: Int, by index: Int) throws(FileSystemError) {
    switch (nodes[index]!.kind, nodes[replaced]!.kind) {
    case (.file, .directory): throw .isDirectory
    case (.directory, .file): throw .notDirectory
    case (.file, .file): return
    case (.directory, .directory):
      guard nodes[replaced]!.children.isEmpty else { throw .notEmpty }
    }
  }

  /// What `create` finds in its place; nil if there is nothing.
  private func existing(
    _ path: FilePath, _ kind: FileKind, isExclusive: Bool
  ) throws(FileSystemError) -> Int? {
    let index: Int
    do throws(FileSystemError) {
      index = try place(of: path)
    } catch {
      guard error == .notFound else { throw error }
      return nil
    }
    guard !isExclusive else { throw .exists }
    switch (kind, nodes[index]!.kind) {
    case (.file, .directory): throw .isDirectory
    case (.directory, .file): throw .exists
    default: return index
    }
  }

  private func child(named name: ArraySlice<UInt8>, of directory: Int) -> Int? {
    nodes[directory]!.children.first { nodes[$0]!.name.elementsEqual(name) }
  }

  /// Whether a name can be shown: UTF-8 without control characters.
  private static func isName(_ name: ArraySlice<UInt8>) -> Bool {
    var text = UTF8Validator()
    for byte in name {
      guard byte >= 0x20, byte != 0x7f, text.accepts(byte) else { return false }
    }
    return text.isComplete && !name.isEmpty
  }
}
