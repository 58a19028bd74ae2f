import Libmnos
import Testing

@Suite struct FilePathTests {
  @Test(
    arguments: [
      ("/", "", true), ("//", "", true), (".", "", true), ("..", "", true), ("/..", "", true),
      ("/../..", "", true), ("a", "a", false), ("/a", "a", false), ("//a//b", "a/b", false),
      ("a/./b", "a/b", false), ("a/../b", "b", false), ("/a/../b", "b", false),
      ("/x/a/../b", "x/b", false), ("/../a", "a", false), ("a/", "a", true),
      ("a/b//", "a/b", true), ("a/.", "a", true), ("a/b/..", "a", true),
      ("a/../..", "", true), ("...", "...", false), (".a/..b", ".a/..b", false),
    ] as [(String, String, Bool)])
  func `VFS_008 pathsResolveByTheirLetters`(
    text: String, resolved: String, namesDirectory: Bool
  ) throws {
    let path = try FilePath(resolving: Array(text.utf8).span)

    #expect(String(decoding: path.bytes, as: UTF8.self) == resolved)
    #expect(path.namesDirectory == namesDirectory)
  }

  /// Every path of up to five parts, with and without a slash in front, from two places.
  @Test(arguments: ["", "/"], ["", "x", "x/y"])
  func `VFS_008 anyPartsResolveOneByOne`(start: String, directory: String) throws {
    let from = try FilePath(resolving: Array("/\(directory)".utf8).span)
    var paths: [[String]] = [[]]
    for _ in 0..<5 {
      paths += paths.filter { $0.count == paths.last!.count }.flatMap { path in
        ["", ".", "..", "a", "..."].map { path + [$0] }
      }
    }
    for parts in paths {
      let text = start + parts.joined(separator: "/")
      guard !text.isEmpty else { continue }
      var expected = text.hasPrefix("/") ? [] : directory.split(separator: "/").map(String.init)
      for part in parts where part != "" && part != "." {
        if part == ".." { _ = expected.popLast() } else { expected.append(part) }
      }
      let path = try FilePath(resolving: Array(text.utf8).span, from: from)
      let isRight =
        String(decoding: path.bytes, as: UTF8.self) == expected.joined(separator: "/")
        && path.namesDirectory == ["", ".", ".."].contains(parts.last ?? "")
      guard !isRight else { continue }
      Issue.record("\(text) from /\(directory): \(path)")
    }
  }

  @Test func `VFS_006 emptyPathIsNotFound`() throws {
    #expect(throws: FileSystemError.notFound) { try FilePath(resolving: [UInt8]().span) }
    let directory = try FilePath(resolving: Array("a/b".utf8).span)
    #expect(throws: FileSystemError.notFound) {
      try FilePath(resolving: [UInt8]().span, from: directory)
    }
  }

  @Test func longPathsAndPartsAndZeroBytesAreRefused() throws {
    let part = [UInt8](repeating: 0x61, count: 255)
    let long = Array([part, part, part, part, [0x62]].joined(separator: [0x2f]))

    #expect(throws: FileSystemError.nameTooLong) { try FilePath(resolving: (part + [0x61]).span) }
    #expect(throws: FileSystemError.nameTooLong) { try FilePath(resolving: long.span) }
    #expect(throws: FileSystemError.badArgument) { try FilePath(resolving: [0x61, 0].span) }
    #expect(try FilePath(resolving: part.span).bytes == part)
  }

  @Test(
    arguments: [
      ("tmp", "tmp", ""), ("tmp/a/b", "tmp", "a/b"), ("tmpx", "tmp", nil), ("a", "tmp", nil),
      ("tm", "tmp", nil), ("a", "/", "a"),
    ] as [(String, String, String?)])
  func insideIsByWholeParts(text: String, other: String, rest: String?) throws {
    let path = try FilePath(resolving: Array(text.utf8).span)
    let directory = try FilePath(resolving: Array(other.utf8).span)

    #expect(path.inside(directory).map { String(decoding: $0.bytes, as: UTF8.self) } == rest)
  }

  @Test func parentAndLastDivideAPath() throws {
    let path = try FilePath(resolving: Array("a/b/c".utf8).span)

    #expect(path.parent.bytes == Array("a/b".utf8))
    #expect(Array(path.last) == Array("c".utf8))
    #expect(FilePath().parent.isRoot)
  }
}
