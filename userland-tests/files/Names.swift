import Libmnos
import TestHarness

/// Names in directories.
func checkLists(_ suite: inout TestSuite, _ files: Files) {
  suite.fact("VFS_014_everyNameComesOnce") { (_) throws(Unexpected) in
    // An entry with a name of four bytes takes 16.
    for count in Values([0, 1, 7, 8, 1000] as [5 of Int]) {
      try doing { () throws(FileSystemError) in try files.makeDirectory(path("/tmp/l")) }
      for number in 0..<count {
        try doing { () throws(FileSystemError) in
          try files.makeDirectory(path("/tmp/l/", number))
        }
      }
      let directory = try doing { () throws(FileSystemError) in try files.open(path("/tmp/l")) }
      for room in Values([16, 31, 7 * 16, 8 * 16 - 1, 4096, 40_000] as [6 of Int]) {
        let names = try doing { () throws(FileSystemError) in
          try directory.listAll(room: room)
        }
        try expect(UInt64(names.count), equals: UInt64(count), "names listed")
        for number in names.indices { try expectSame(names[number], path("", number), "name") }
      }
      try doing { () throws(FileSystemError) in
        for number in 0..<count { try files.remove(path("/tmp/l/", number)) }
        try files.remove(path("/tmp/l"))
      }
    }
  }

  suite.fact("VFS_014_aBufferTooSmallForOneNameIsRefused") { (_) throws(Unexpected) in
    try doing { () throws(FileSystemError) in
      try files.makeDirectory(path("/tmp/l"))
      try files.makeDirectory(path("/tmp/l/name"))
    }
    for name in Values([path("/tmp/l"), path("/")]) {
      let directory = try doing { () throws(FileSystemError) in try files.open(name) }
      for room in Values([0, 1, 11, 12] as [4 of Int]) {
        try expectFailure(.badArgument) { () throws(FileSystemError) in
          try directory.list(from: 0, room: room)
        }
      }
      // The cursor behind the last name, and any other that nobody gave.
      for cursor in Values([1 << 20, 1 << 40, 1 << 63, .max] as [4 of UInt64]) {
        let found = try doing { () throws(FileSystemError) in
          try directory.list(from: cursor, room: 4096)
        }
        try expect(UInt64(found.names.count), equals: 0, "names behind the last")
      }
    }
    try doing { () throws(FileSystemError) in
      try files.remove(path("/tmp/l/name"))
      try files.remove(path("/tmp/l"))
    }
  }

  suite.fact("VFS_014_theArchivesNamesComeOnceInAnyRoom") { (_) throws(Unexpected) in
    let directory = try doing { () throws(FileSystemError) in try files.open(path("/tests")) }
    let all = try doing { () throws(FileSystemError) in try directory.listAll(room: 16_384) }
    try expect(all.count > 5, "there are fewer tests than there were")
    for room in Values([40, 100, 333] as [3 of Int]) {
      let names = try doing { () throws(FileSystemError) in try directory.listAll(room: room) }
      try expect(names == all, "other names in small pieces")
    }
    for index in all.indices {
      for other in all.indices where other > index {
        try expect(all[index] != all[other], "a name came twice")
      }
    }
  }
}

/// What is known of a file without reading it.
func checkStatus(_ suite: inout TestSuite, _ files: Files) {
  suite.fact("VFS_016_statusAgreesWithWhatCanBeRead") { (_) throws(Unexpected) in
    for byteCount in Values([0, 1, 4064, 4065, 20_000] as [5 of Int]) {
      try doing { () throws(FileSystemError) in
        try files.save(path("/tmp/s"), pattern(byteCount))
      }
      let (status, bytes) = try doing { () throws(FileSystemError) in
        (try files.status(path("/tmp/s")), try files.load(path("/tmp/s")))
      }
      try expect(
        status
          == FileStatus(kind: .file, byteCount: UInt64(byteCount), isWritable: true),
        "status of a file")
      try expect(UInt64(bytes.count), equals: UInt64(byteCount), "bytes that can be read")
    }
    let file = try doing { () throws(FileSystemError) in try files.open(path("/tmp/s"), .write) }
    try doing { () throws(FileSystemError) in _ = try file.write(at: 30_000, [1]) }
    let grown = try doing { () throws(FileSystemError) in try file.currentStatus() }
    try expect(grown.byteCount, equals: 30_001, "bytes after a write")
    try doing { () throws(FileSystemError) in try file.setByteCount(7) }
    let cut = try doing { () throws(FileSystemError) in try files.status(path("/tmp/s")) }
    try expect(cut.byteCount, equals: 7, "bytes after the cut")
    try doing { () throws(FileSystemError) in try files.remove(path("/tmp/s")) }
  }

  suite.fact("VFS_016_kindsAndRightsOfFilesDirectoriesAndTheRoot") { (_) throws(Unexpected) in
    let directories: [5 of ([UInt8], Bool)] = [
      (path("/"), false), (path("/etc"), false), (path("/tests/"), false), (path("/tmp"), true),
      (path("/tmp/."), true),
    ]
    for (name, isWritable) in Values(directories) {
      let wanted = FileStatus(kind: .directory, byteCount: 0, isWritable: isWritable)
      let (found, opened) = try doing { () throws(FileSystemError) in
        (try files.status(name), try files.open(name).currentStatus())
      }
      try expect(found == wanted && opened == wanted, "status of a directory")
    }
    for name in Values([path("/etc/motd"), path("/samples/empty"), path("/samples/mebibyte")]) {
      let (status, bytes) = try doing { () throws(FileSystemError) in
        (try files.status(name), try files.load(name))
      }
      try expect(
        status
          == FileStatus(kind: .file, byteCount: UInt64(bytes.count), isWritable: false),
        "status of a file of the archive")
    }
  }
}
