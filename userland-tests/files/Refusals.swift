import Libmnos
import TestHarness

/// Requests that name no file, or the wrong kind of one.
func checkRefusedFiles(_ suite: inout TestSuite, _ files: Files) {
  suite.fact("VFS_003_aClosedFileNamesNothing") { (_) throws(Unexpected) in
    for name in Values([path("/etc/motd"), path("/tmp")]) {
      let handle = try openAndClose(files, name)
      try expect(KernelCalls.raw(.call, handle.argument, Deadline.never), .badCapability)
    }
  }

  suite.fact("VFS_003_anotherClientsFileNamesNothingHere") { (scope) throws(Unexpected) in
    let file = try doing { () throws(FileSystemError) in try files.open(path("/etc/motd")) }
    let other = try scope.remote(in: try scope.otherProcess())
    other.begin(request(0x305, 0, to: file.handle))
    try expect(try other.finish(), .badCapability)
    // Its owner can still use it.
    try doing { () throws(FileSystemError) in _ = try file.read(at: 0, count: 10) }
  }

  suite.fact("VFS_003_theServiceItselfIsNoFileAndAFileIsNoService") { (_) throws(Unexpected) in
    let service = files.service.endpoint.handle
    for operation in Values([0x305, 0x306, 0x307, 0x309] as [4 of UInt64]) {
      try expectRefusal(.badFile, KernelCalls.perform(request(operation, 0, to: service)))
    }
    for name in Values([path("/etc/motd"), path("/tmp")]) {
      let file = try doing { () throws(FileSystemError) in try files.open(name) }
      for request in Values(
        [.open(.read), .status, .createDirectory, .remove] as [4 of FileSystemProtocol.Request])
      {
        try expectFailure(.badFile) { () throws(FileSystemError) in
          do throws(CallFailure<FileSystemError>) {
            _ = try file.client.call(request, lending: path("/tmp/x").span)
          } catch {
            throw FileSystemError(error)
          }
        }
      }
    }
  }

  suite.fact("VFS_003_nobodyMakesAFileOfHisOwn") { (_) throws(Unexpected) in
    // The badge says which file it is; one that is set stays.
    let file = try doing { () throws(FileSystemError) in try files.open(path("/etc/motd")) }
    let service = files.service.endpoint.handle
    for badge in Values([1, 1 << 61, 1 << 61 | 1 << 62, .max] as [4 of UInt64]) {
      for handle in Values([service, file.handle] as [2 of Handle]) {
        let made = KernelCalls.copy(handle, badge: badge)
        try expect(!made.isStatus(.ok), "a badge was changed")
      }
    }
  }

  suite.fact("VFS_004_aDirectoryIsNotRead") { (_) throws(Unexpected) in
    for name in Values([path("/"), path("/etc"), path("/tmp"), path("/tmp/")]) {
      let directory = try doing { () throws(FileSystemError) in try files.open(name) }
      for count in Values([0, 1, 4096] as [3 of Int]) {
        try expectFailure(.isDirectory) { () throws(FileSystemError) in
          try directory.read(at: 0, count: count)
        }
      }
      try expectFailure(.noRight) { () throws(FileSystemError) in
        try directory.write(at: 0, [1])
      }
      try expectFailure(.isDirectory) { () throws(FileSystemError) in
        try files.open(name, .write)
      }
    }
  }

  suite.fact("VFS_005_aFileIsNoDirectory") { (_) throws(Unexpected) in
    try doing { () throws(FileSystemError) in try files.save(path("/tmp/f"), [1]) }
    for name in Values([path("/tmp/f"), path("/etc/motd")]) {
      let file = try doing { () throws(FileSystemError) in try files.open(name) }
      try expectFailure(.notDirectory) { () throws(FileSystemError) in
        try file.list(from: 0, room: 4096)
      }
      for rest in Values([path("/x"), path("/"), path("/x/y"), path("//"), path("/.")]) {
        try expectFailure(.notDirectory) { () throws(FileSystemError) in
          try files.open(name + rest)
        }
        try expectFailure(.notDirectory) { () throws(FileSystemError) in
          try files.status(name + rest)
        }
      }
    }
    for rest in Values([path("/tmp/f/x"), path("/tmp/f/x/y")]) {
      try expectFailure(.notDirectory) { () throws(FileSystemError) in
        try files.makeDirectory(rest)
      }
      try expectFailure(.notDirectory) { () throws(FileSystemError) in
        try files.open(rest, FileOptions.write.union(.create))
      }
      try expectFailure(.notDirectory) { () throws(FileSystemError) in try files.remove(rest) }
      try expectFailure(.notDirectory) { () throws(FileSystemError) in
        try files.rename(path("/tmp/f"), to: rest)
      }
    }
    try doing { () throws(FileSystemError) in try files.remove(path("/tmp/f")) }
  }
}

/// A request with one number, as it stands in the registers.
func request(
  _ operation: UInt64, _ value: UInt64, to handle: Handle, lending leases: Leases = .none,
  at address: UInt64 = 0, byteCount: UInt64 = 0
) -> CallRegisters {
  CallRegisters(
    CallWord(.call, wordCount: 2, leases: leases), handle.argument, KernelCalls.patience(),
    words: [operation, value, 0, 0, address, byteCount, 0, 0])
}

/// Expects a raw answer to be this refusal of the service's.
func expectRefusal(
  _ failure: FileSystemError, _ outcome: Outcome, line: UInt = #line
) throws(Unexpected) {
  try expect(outcome, line: line)
  try expect(
    outcome.word(0), equals: failure.rawValue, "status of the file service", line: line)
}

/// The handle that a file had.
@inline(never)
private func openAndClose(_ files: Files, _ name: [UInt8]) throws(Unexpected) -> Handle {
  try doing { () throws(FileSystemError) in try files.open(name).handle }
}
