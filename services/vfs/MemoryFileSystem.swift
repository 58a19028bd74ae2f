import Libmnos

/// A file system that can be written and lives as long as its server.
///
/// Nobody says when a file is closed. What is removed stays readable for those who have it open until its
/// pages or its place are needed: the first that was removed is the first to go.
struct MemoryFileSystem: FileSystem {
  /// Bytes in a page of a file. With the 32 that Swift puts in front of an array's elements it
  /// fills one page of the heap; 4,096 would take two.
  static var pageByteCount: Int { 4064 }

  /// A file or directory.
  struct Node {
    /// Tells it from others that had its place before.
    let generation: UInt64
    let kind: FileKind
    var name: [UInt8]
    var parent: Int
    /// Numbers the names of a directory in the order in which they came.
    var serial: UInt64 = 0
    var nextSerial: UInt64 = 1
    /// Of a directory, by serial.
    var children: [Int] = []
    /// Of a file: its bytes, in pages; behind `byteCount` they are 0.
    var pages: [[UInt8]] = []
    var byteCount: UInt64 = 0
    var isLinked = true
  }

  var nodes: [Node?]
  /// Pages and nodes that may still be used.
  private(set) var freePages: Int
  private(set) var freeNodes: Int
  /// What has no name any more and is still there, in the order in which it was removed.
  private var removed: [Int] = []
  private var lastGeneration: UInt64 = 0

  // In a node's number: its place, and above that its generation, of which there are enough for years
  // of making files as fast as it goes.
  private static var placeBits: UInt64 { 16 }
  private static var generationBits: UInt64 { 37 }

  /// - Parameters:
  ///   - pageCapacity: Pages of all files together.
  ///   - nodeCapacity: Files and directories, the root not counted.
  init(pageCapacity: Int, nodeCapacity: Int) {
    precondition(nodeCapacity < 1 << Self.placeBits)
    nodes = [Node(generation: 0, kind: .directory, name: [], parent: 0)]
    freePages = pageCapacity
    freeNodes = nodeCapacity
  }

  func status(of node: FileNode) throws(FileSystemError) -> FileStatus {
    guard let index = index(of: node) else { throw .badFile }
    return status(at: index)
  }

  func read(
    _ node: FileNode, at offset: UInt64, into buffer: inout MutableSpan<UInt8>
  ) throws(FileSystemError) -> Int {
    let file = try file(node)
    guard offset < nodes[file]!.byteCount else { return 0 }
    let count = Int(min(UInt64(buffer.count), nodes[file]!.byteCount - offset))
    var done = 0
    while done < count {
      let place = Int(offset) + done
      let (page, start) = place.quotientAndRemainder(dividingBy: Self.pageByteCount)
      let piece = min(count - done, Self.pageByteCount - start)
      let source = nodes[file]!.pages[page]
      for index in 0..<piece { buffer[done + index] = source[start + index] }
      done += piece
    }
    return count
  }

  mutating func write(
    _ node: FileNode, at offset: UInt64, from bytes: Span<UInt8>
  ) throws(FileSystemError) {
    let file = try file(node)
    let (end, overflow) = offset.addingReportingOverflow(UInt64(bytes.count))
    guard !overflow else { throw .badArgument }
    guard bytes.count > 0 else { return }
    try reserve(end, in: file)
    nodes[file]!.byteCount = max(nodes[file]!.byteCount, end)
    var done = 0
    while done < bytes.count {
      let place = Int(offset) + done
      let (page, start) = place.quotientAndRemainder(dividingBy: Self.pageByteCount)
      let piece = min(bytes.count - done, Self.pageByteCount - start)
      // Taken out for a moment, so that it is changed in place at one check for all bytes.
      var target: [UInt8] = []
      swap(&target, &nodes[file]!.pages[page])
      for index in 0..<piece { target[start + index] = bytes[done + index] }
      swap(&target, &nodes[file]!.pages[page])
      done += piece
    }
  }

  mutating func setByteCount(of node: FileNode, to byteCount: UInt64) throws(FileSystemError) {
    let file = try file(node)
    if byteCount >= nodes[file]!.byteCount {
      try reserve(byteCount, in: file)
    } else {
      let kept = Int((byteCount + UInt64(Self.pageByteCount) - 1) / UInt64(Self.pageByteCount))
      freePages += nodes[file]!.pages.count - kept
      nodes[file]!.pages.removeLast(nodes[file]!.pages.count - kept)
      clearBehind(byteCount, in: file)
    }
    nodes[file]!.byteCount = byteCount
  }

  func entry(of node: FileNode, at cursor: UInt64) throws(FileSystemError) -> FileEntry? {
    guard let index = index(of: node) else { throw .badFile }
    guard nodes[index]!.kind == .directory else { throw .notDirectory }
    // Children stand in the order of their serials: the first one not listed yet.
    var (low, high) = (0, nodes[index]!.children.count)
    while low < high {
      let middle = (low + high) / 2
      if nodes[nodes[index]!.children[middle]]!.serial < cursor {
        low = middle + 1
      } else {
        high = middle
      }
    }
    guard low < nodes[index]!.children.count else { return nil }
    let child = nodes[index]!.children[low]
    return FileEntry(
      name: nodes[child]!.name, status: status(at: child), nextCursor: nodes[child]!.serial + 1)
  }
}

// How nodes and pages are kept.
extension MemoryFileSystem {
  func index(of node: FileNode) -> Int? {
    let place = Int(node.rawValue & (1 << Self.placeBits - 1))
    guard place < nodes.count, let found = nodes[place],
      found.generation == node.rawValue >> Self.placeBits
    else { return nil }
    return place
  }

  func node(at index: Int) -> FileNode {
    FileNode(rawValue: UInt64(index) | nodes[index]!.generation << Self.placeBits)
  }

  func status(at index: Int) -> FileStatus {
    FileStatus(kind: nodes[index]!.kind, byteCount: nodes[index]!.byteCount, isWritable: true)
  }

  private func file(_ node: FileNode) throws(FileSystemError) -> Int {
    guard let index = index(of: node) else { throw .badFile }
    guard nodes[index]!.kind == .file else { throw .isDirectory }
    return index
  }

  /// Gives the file pages for `byteCount` bytes, zeroed, all or none.
  private mutating func reserve(_ byteCount: UInt64, in file: Int) throws(FileSystemError) {
    let page = UInt64(Self.pageByteCount)
    let needed = byteCount / page + (byteCount % page == 0 ? 0 : 1)
    let present = UInt64(nodes[file]!.pages.count)
    guard needed > present else { return }
    try makeRoom(for: needed - present, keeping: file)
    freePages -= Int(needed - present)
    for _ in present..<needed {
      nodes[file]!.pages.append([UInt8](repeating: 0, count: Self.pageByteCount))
    }
  }

  private mutating func clearBehind(_ byteCount: UInt64, in file: Int) {
    let start = Int(byteCount % UInt64(Self.pageByteCount))
    guard start > 0 else { return }
    let page = nodes[file]!.pages.count - 1
    for index in start..<Self.pageByteCount { nodes[file]!.pages[page][index] = 0 }
  }

  mutating func addNode(
    _ kind: FileKind, named name: [UInt8], in parent: Int
  ) throws(FileSystemError) -> Int {
    if freeNodes == 0 {
      guard let oldest = removed.first else { throw .noSpace }
      release(oldest)
    }
    freeNodes -= 1
    lastGeneration = (lastGeneration + 1) & (1 << Self.generationBits - 1)
    let node = Node(generation: lastGeneration, kind: kind, name: name, parent: parent)
    let index = nodes.firstIndex { $0 == nil } ?? nodes.count
    if index == nodes.count { nodes.append(node) } else { nodes[index] = node }
    link(index, into: parent)
    return index
  }

  mutating func link(_ index: Int, into parent: Int) {
    nodes[index]!.parent = parent
    nodes[index]!.serial = nodes[parent]!.nextSerial
    nodes[parent]!.nextSerial += 1
    nodes[parent]!.children.append(index)
  }

  mutating func unlink(_ index: Int) {
    let parent = nodes[index]!.parent
    nodes[parent]!.children.removeAll { $0 == index }
  }

  /// Takes the name of a node away, which stays as long as its space is not needed.
  mutating func removeName(of index: Int) {
    unlink(index)
    nodes[index]!.isLinked = false
    removed.append(index)
  }

  /// Has `count` pages free, if need be those of removed files.
  ///
  /// - Throws: `noSpace`, with everything as it was.
  private mutating func makeRoom(
    for count: UInt64, keeping file: Int
  ) throws(FileSystemError) {
    guard count > UInt64(freePages) else { return }
    var available = freePages
    for index in removed where index != file { available += nodes[index]!.pages.count }
    guard count <= UInt64(available) else { throw .noSpace }
    while count > UInt64(freePages), let oldest = removed.first(where: { $0 != file }) {
      release(oldest)
    }
  }

  /// Gives back a removed node: who still has it open is told that it is not there.
  private mutating func release(_ index: Int) {
    removed.removeAll { $0 == index }
    freePages += nodes[index]!.pages.count
    freeNodes += 1
    nodes[index] = nil
  }
}
