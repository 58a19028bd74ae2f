import Libmnos

// Commands on files.
extension Shell {
  mutating func list(_ arguments: [[UInt8]], _ command: ShellCommand) -> UInt8 {
    var isLong = false
    var paths: [[UInt8]] = []
    for argument in arguments {
      guard Self.isOption(argument) else {
        paths.append(argument)
        continue
      }
      // Nothing is hidden here, so `-a` is what happens anyway.
      for letter in argument.dropFirst() {
        switch letter {
        case UInt8(ascii: "l"): isLong = true
        case UInt8(ascii: "a"): continue
        default: return refuseOption(argument, of: command)
        }
      }
    }
    if paths.isEmpty { paths = [Text.bytes(".")] }
    var status = ExitStatus.success
    for path in paths {
      if paths.count > 1 { print(path + Text.bytes(":\n")) }
      do throws(FileSystemError) {
        try list(path, isLong: isLong)
      } catch {
        complain("ls", about: path, error.text)
        status = ExitStatus.failure
      }
    }
    return status
  }

  private mutating func list(_ text: [UInt8], isLong: Bool) throws(FileSystemError) {
    let path = try path(text)
    let status = try system.status(path)
    guard status.kind == .directory else {
      printEntry(text, status, isLong: isLong)
      return
    }
    let entries = try system.list(path).sorted { Text.precedes($0.name, $1.name) }
    for entry in entries { printEntry(entry.name, entry.status, isLong: isLong) }
  }

  private mutating func printEntry(_ name: [UInt8], _ status: FileStatus, isLong: Bool) {
    var line: [UInt8] = []
    if isLong {
      line.write(status.kind == .directory ? "dir " : "file")
      line.write(status.isWritable ? " rw " : " r- ")
      line.write(decimal: status.byteCount, width: 10)
      line.write("  ")
    }
    line.append(contentsOf: name)
    if status.kind == .directory { line.append(UInt8(ascii: "/")) }
    line.writeLine()
    print(line)
  }

  mutating func changeDirectory(_ arguments: [[UInt8]]) -> UInt8 {
    let text = arguments.first ?? [UInt8(ascii: "/")]
    do throws(FileSystemError) {
      let path = try destination(text)
      guard try system.status(path.absoluteBytes).kind == .directory else {
        throw .notDirectory
      }
      previousDirectory = directory
      directory = path
      return ExitStatus.success
    } catch {
      complain("cd", about: text, error.text)
      return ExitStatus.failure
    }
  }

  /// Where `cd` goes: `-` is where it came from, `~` the root, as nobody has a home here.
  private func destination(_ text: [UInt8]) throws(FileSystemError) -> FilePath {
    if Text.equal(text, "-") { return previousDirectory }
    return Text.equal(text, "~") ? FilePath() : try resolve(text)
  }

  mutating func printDirectory() -> UInt8 {
    print(directory.absoluteBytes + [0x0a])
    return ExitStatus.success
  }

  mutating func printFiles(_ arguments: [[UInt8]]) -> UInt8 {
    var status = ExitStatus.success
    for argument in arguments where takesOutput {
      do throws(FileSystemError) {
        let path = try path(argument)
        guard !isOutput(path) else {
          complain("cat", about: argument, "is the file that the output goes to")
          return ExitStatus.failure
        }
        showOutput()
        try system.read(path) { (piece) in
          print(piece)
          return takesOutput
        }
      } catch {
        complain("cat", about: argument, error.text)
        status = ExitStatus.failure
      }
    }
    return status
  }

  mutating func echo(_ arguments: [[UInt8]]) -> UInt8 {
    print(Array(arguments.joined(separator: [UInt8(ascii: " ")])) + [0x0a])
    return ExitStatus.success
  }

  mutating func write(_ arguments: [[UInt8]]) -> UInt8 {
    let text = Array(arguments.dropFirst().joined(separator: [UInt8(ascii: " ")])) + [0x0a]
    return change("write", [arguments[0]]) { (system, path) throws(FileSystemError) in
      try system.save(text, to: path, appends: false)
    }
  }

  mutating func makeDirectories(_ arguments: [[UInt8]]) -> UInt8 {
    change("mkdir", arguments) { (system, path) throws(FileSystemError) in
      try system.createDirectory(path)
    }
  }

  mutating func remove(_ arguments: [[UInt8]]) -> UInt8 {
    change("rm", arguments) { (system, path) throws(FileSystemError) in
      try system.remove(path)
    }
  }

  mutating func rename(_ arguments: [[UInt8]]) -> UInt8 {
    do throws(FileSystemError) {
      let source = try path(arguments[0])
      var target = try path(arguments[1])
      // Into a directory, as people expect of it.
      if let status = try? system.status(target), status.kind == .directory,
        let name = try? resolve(arguments[0]).last
      {
        target += [UInt8(ascii: "/")] + name
      }
      try system.rename(source, to: target)
      return ExitStatus.success
    } catch {
      complain("mv", about: arguments[0], error.text)
      return ExitStatus.failure
    }
  }

  /// Does something to each path; what fails is told, and the rest goes on.
  private mutating func change(
    _ command: StaticString, _ paths: [[UInt8]],
    _ body: (System, [UInt8]) throws(FileSystemError) -> Void
  ) -> UInt8 {
    var status = ExitStatus.success
    for text in paths {
      do throws(FileSystemError) {
        try body(system, try path(text))
      } catch {
        complain(command, about: text, error.text)
        status = ExitStatus.failure
      }
    }
    return status
  }
}
