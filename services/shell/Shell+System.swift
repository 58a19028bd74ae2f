import Libmnos

// Commands on programs, services and the machine.
extension Shell {
  mutating func showMemory() -> UInt8 {
    do throws(SystemFailure) {
      let report = try system.memory()
      if let machine = report.machine {
        let page = Limits.pageByteCount / 1024
        printKibibytes("total", machine.totalFrames * page)
        printKibibytes("used", (machine.totalFrames - machine.freeFrames) * page)
        printKibibytes("free", machine.freeFrames * page)
        printKibibytes("kernel", machine.kernelFrames * page)
        printCount("processes", machine.processes)
        printCount("threads", machine.threads)
        printCount("capabilities", machine.capabilities)
        printCount("kernel objects", machine.kernelObjects)
        printCount("processors", machine.onlineProcessors)
      }
      printKibibytes("shell's budget", report.budget.memoryLimit / 1024)
      printKibibytes("shell uses", report.budget.memoryUsed / 1024)
      return ExitStatus.success
    } catch {
      complain("mem", error.text)
      return ExitStatus.failure
    }
  }

  private mutating func printKibibytes(_ name: StaticString, _ value: UInt64) {
    var line: [UInt8] = []
    line.write(Text.bytes(name).span, width: 16)
    line.write(decimal: value, width: 9)
    line.write(" KiB\n")
    print(line)
  }

  private mutating func printCount(_ name: StaticString, _ value: UInt64) {
    var line: [UInt8] = []
    line.write(Text.bytes(name).span, width: 16)
    line.write(decimal: value, width: 9)
    line.writeLine()
    print(line)
  }

  mutating func runProgram(_ arguments: [[UInt8]]) -> UInt8 {
    guard !isRedirected else {
      complain(
        "run", about: arguments[0], "programs print at the terminal; '>' cannot take that")
      giveUpRedirection()
      return ExitStatus.failure
    }
    showOutput()
    do throws(FileSystemError) {
      let path = try path(arguments[0])
      guard try system.status(path).kind == .file else { throw .isDirectory }
      do throws(SystemFailure) {
        return tell(try system.run(path, arguments), arguments[0])
      } catch {
        complain("run", about: arguments[0], error.text)
      }
    } catch {
      complain("run", about: arguments[0], error.text)
    }
    return ExitStatus.failure
  }

  /// Says how a program ended, unless it ended well.
  private mutating func tell(_ end: ProgramEnd, _ program: [UInt8]) -> UInt8 {
    if end == .succeeded { return ExitStatus.success }
    var text: [UInt8] = []
    text.write("run: ")
    text.append(contentsOf: Text.visible(program))
    text.write(": ")
    end.write(to: &text)
    text.writeLine()
    system.write(text)
    switch end {
    case .succeeded: return ExitStatus.success
    case .failed(let value): return UInt8(exactly: value) ?? ExitStatus.failure
    case .refused(let status): return UInt8(exactly: status.rawValue) ?? ExitStatus.failure
    case .killed: return ExitStatus.killed
    case .faulted: return ExitStatus.faulted
    }
  }

  mutating func kill(_ arguments: [[UInt8]]) -> UInt8 {
    var status = ExitStatus.success
    for argument in arguments {
      do throws(SystemFailure) {
        try system.kill(try processNumber(argument))
      } catch {
        complain("kill", about: argument, error.text)
        status = ExitStatus.failure
      }
    }
    return status
  }

  mutating func showUptime() -> UInt8 {
    let milliseconds = system.now() / 1_000_000
    let seconds = milliseconds / 1000
    let zero = UInt8(ascii: "0")
    var line: [UInt8] = []
    line.write("up ")
    line.write(decimal: seconds / 3600)
    line.write(":")
    line.write(decimal: seconds / 60 % 60, width: 2, padding: zero)
    line.write(":")
    line.write(decimal: seconds % 60, width: 2, padding: zero)
    line.write(".")
    line.write(decimal: milliseconds % 1000, width: 3, padding: zero)
    line.writeLine()
    print(line)
    return ExitStatus.success
  }

  mutating func clear() -> UInt8 {
    print("\u{1b}[H\u{1b}[2J")
    return ExitStatus.success
  }

  mutating func changeSession(_ arguments: [[UInt8]], _ command: ShellCommand) -> UInt8 {
    if Text.equal(arguments[0], "exec") {
      mode = .automatic
    } else if Text.equal(arguments[0], "interactive") {
      mode = .interactive
    } else {
      return explainUsage(command)
    }
    return ExitStatus.success
  }

  mutating func power(_ operation: PowerOperation, _ command: StaticString) -> UInt8 {
    showOutput()
    system.flush()
    do throws(SystemFailure) {
      try system.power(operation)
      complain(command, "the machine cannot do this")
    } catch {
      complain(command, error.text)
    }
    return ExitStatus.failure
  }
}
