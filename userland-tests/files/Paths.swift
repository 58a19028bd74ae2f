import Libmnos
import TestHarness

/// What paths name.
func checkPaths(_ suite: inout TestSuite, _ files: Files) {
  suite.fact("VFS_006_missingPartsAreNotFound") { (_) throws(Unexpected) in
    for name in Values(
      [
        path(""), path("/none"), path("/none/x"), path("/etc/none"), path("/etc/none/x"),
        path("/tmp/none"), path("/tmp/none/"), path("/tmp/none/x"), path("/tmp/none/x/y"),
        path("none"),
      ] as [10 of [UInt8]])
    {
      try expectFailure(.notFound) { () throws(FileSystemError) in try files.open(name) }
      try expectFailure(.notFound) { () throws(FileSystemError) in try files.status(name) }
      try expectFailure(.notFound) { () throws(FileSystemError) in
        try files.rename(name, to: path("/tmp/x"))
      }
    }
    for name in Values([path("/tmp/none/x"), path("/tmp/none/x/y")]) {
      try expectFailure(.notFound) { () throws(FileSystemError) in
        try files.makeDirectory(name)
      }
      try expectFailure(.notFound) { () throws(FileSystemError) in
        try files.open(name, FileOptions.write.union(.create))
      }
      try expectFailure(.notFound) { () throws(FileSystemError) in try files.remove(name) }
    }
  }

  suite.fact("VFS_008_dotsAndSlashesResolveByTheirLetters") { (_) throws(Unexpected) in
    try doing { () throws(FileSystemError) in
      try files.makeDirectory(path("/tmp/a"))
      try files.save(path("/tmp/a/f"), pattern(77))
      try files.save(path("/tmp/g"), pattern(33))
    }
    let motd = try doing { () throws(FileSystemError) in try files.status(path("/etc/motd")) }
    for name in Values(
      [
        path("etc/motd"), path("//etc//motd"), path("/./etc/./motd"), path("/etc/../etc/motd"),
        path("/../etc/motd"), path("/../../../etc/motd"), path("/tmp/../etc/motd"),
        path("/none/../etc/motd"), path("/tmp/a/../../etc/motd"), path("./etc/motd"),
      ] as [10 of [UInt8]])
    {
      let found = try doing { () throws(FileSystemError) in try files.status(name) }
      try expect(found == motd, "another file than /etc/motd")
    }
    for name in Values(
      [
        path("/tmp/a/f"), path("/tmp/./a/f"), path("/tmp/a/./f"), path("/tmp/a/../a/f"),
        path("/tmp//a///f"), path("/etc/../tmp/a/f"), path("/tmp/../../tmp/a/f"), path("tmp/a/f"),
      ] as [8 of [UInt8]])
    {
      let found = try doing { () throws(FileSystemError) in try files.load(name) }
      try expectSame(found, pattern(77), "bytes of /tmp/a/f")
    }
    let sibling = try doing { () throws(FileSystemError) in try files.load(path("/tmp/a/../g")) }
    try expectSame(sibling, pattern(33), "bytes of /tmp/g")
    try doing { () throws(FileSystemError) in
      for name in Values([path("/tmp/g"), path("/tmp/a/f"), path("/tmp/a")]) {
        try files.remove(name)
      }
    }
  }

  suite.fact("VFS_008_aboveTheRootIsTheRoot") { (_) throws(Unexpected) in
    let root = try doing { () throws(FileSystemError) in
      try files.open(path("/")).listAll(room: 4096)
    }
    for name in Values(
      [
        path("/.."), path("/../.."), path("//"), path("."), path(".."), path("/tmp/.."),
        path("/etc/../"), path("/tmp/../../.."),
      ] as [8 of [UInt8]])
    {
      let found = try doing { () throws(FileSystemError) in
        try files.open(name).listAll(room: 4096)
      }
      try expect(found == root, "not the root's names")
    }
  }

  suite.fact("VFS_008_whatCannotBeANameIsRefused") { (_) throws(Unexpected) in
    let part = [UInt8](repeating: 0x78, count: 255)
    let tmp = path("/tmp/")
    try doing { () throws(FileSystemError) in
      try files.save(tmp + part, [1])
      try files.remove(tmp + part)
    }
    for name in Values([tmp + part + [0x78], tmp + [UInt8](repeating: 0x78, count: 1020)]) {
      try expectFailure(.nameTooLong) { () throws(FileSystemError) in
        try files.open(name, FileOptions.write.union(.create))
      }
    }
    for byte in Values([0, 1, 0x0a, 0x7f, 0x80, 0xff] as [6 of UInt8]) {
      try expectFailure(.badArgument) { () throws(FileSystemError) in
        try files.makeDirectory(tmp + [0x61, byte, 0x62])
      }
    }
  }
}

/// What may be done to what is there.
func checkPermissions(_ suite: inout TestSuite, _ files: Files) {
  suite.fact("VFS_010_exclusiveCreateNeedsANewName") { (_) throws(Unexpected) in
    let create = FileOptions.write.union(.create)
    let exclusive = create.union(.exclusive)
    try doing { () throws(FileSystemError) in
      try files.open(path("/tmp/new"), exclusive).writeAll(pattern(20))
    }
    for name in Values([path("/tmp/new"), path("/tmp"), path("/tmp/../tmp/new")]) {
      try expectFailure(.exists) { () throws(FileSystemError) in
        try files.open(name, exclusive)
      }
    }
    let opened = try doing { () throws(FileSystemError) in
      try files.open(path("/tmp/new"), create)
    }
    try expect(opened.status.byteCount, equals: 20, "bytes of what was there")
    try expectFailure(.isDirectory) { () throws(FileSystemError) in
      try files.open(path("/tmp"), create)
    }
    try expectFailure(.exists) { () throws(FileSystemError) in
      try files.makeDirectory(path("/tmp/new"))
    }
    try doing { () throws(FileSystemError) in try files.remove(path("/tmp/new")) }
  }

  suite.fact("VFS_011_theArchiveIsNotChanged") { (_) throws(Unexpected) in
    let before = try doing { () throws(FileSystemError) in
      (try files.load(path("/etc/motd")), try files.open(path("/etc")).listAll(room: 4096))
    }
    for options in Values(
      [
        .write, FileOptions.write.union(.truncate), FileOptions.write.union(.create),
      ] as [3 of FileOptions])
    {
      try expectFailure(.readOnly) { () throws(FileSystemError) in
        try files.open(path("/etc/motd"), options)
      }
    }
    try expectFailure(.readOnly) { () throws(FileSystemError) in
      try files.open(path("/etc/new"), FileOptions.write.union(.create))
    }
    try expectFailure(.readOnly) { () throws(FileSystemError) in
      try files.makeDirectory(path("/etc/new"))
    }
    for name in Values([path("/etc/motd"), path("/etc"), path("/samples/empty")]) {
      try expectFailure(.readOnly) { () throws(FileSystemError) in try files.remove(name) }
      try expectFailure(.readOnly) { () throws(FileSystemError) in
        try files.rename(name, to: path("/etc/moved"))
      }
      try expectFailure(.crossesFileSystems) { () throws(FileSystemError) in
        try files.rename(name, to: path("/tmp/moved"))
      }
    }
    let after = try doing { () throws(FileSystemError) in
      (try files.load(path("/etc/motd")), try files.open(path("/etc")).listAll(room: 4096))
    }
    try expectSame(after.0, before.0, "bytes of /etc/motd")
    try expect(after.1 == before.1, "names in /etc")
  }

  suite.fact("VFS_012_whatIsOpenForReadingIsNotChanged") { (_) throws(Unexpected) in
    let bytes = pattern(500)
    try doing { () throws(FileSystemError) in try files.save(path("/tmp/ro"), bytes) }
    for name in Values([path("/tmp/ro"), path("/etc/motd")]) {
      let before = try doing { () throws(FileSystemError) in try files.load(name) }
      let file = try doing { () throws(FileSystemError) in try files.open(name) }
      for offset in Values([0, 1, 500, 1 << 40, .max] as [5 of UInt64]) {
        try expectFailure(.noRight) { () throws(FileSystemError) in
          try file.write(at: offset, [9, 9])
        }
        try expectFailure(.noRight) { () throws(FileSystemError) in
          try file.setByteCount(offset)
        }
      }
      let after = try doing { () throws(FileSystemError) in try files.load(name) }
      try expectSame(after, before, "bytes of the file")
    }
    try doing { () throws(FileSystemError) in try files.remove(path("/tmp/ro")) }
  }
}
