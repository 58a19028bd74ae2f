import Libmnos

// Commands on processes, services and the machine.
extension Shell {
  mutating func listProcesses() -> UInt8 {
    do throws(SystemFailure) {
      let processes = try system.processes()
      print("NUMBER STATE    PRIORITY THREADS   MEMORY    CPU TIME  NAME\n")
      for process in processes { printProcess(process) }
      printFurther(than: processes.count)
      return ExitStatus.success
    } catch {
      complain("ps", error.text)
      return ExitStatus.failure
    }
  }

  /// How many processes there are that init did not start: programs may make their own, with
  /// their own memory, and nobody else can name those.
  private mutating func printFurther(than count: Int) {
    guard let all = try? system.memory().machine?.processes, all > UInt64(count) else { return }
    var line: [UInt8] = []
    line.write("and ")
    line.write(decimal: all - UInt64(count))
    line.write(" more, made by these programs; they end with them\n")
    print(line)
  }

  private mutating func printProcess(_ process: ProcessInfo) {
    var line: [UInt8] = []
    line.write(decimal: UInt64(process.number), width: 6)
    line.write(" ")
    line.write(Text.bytes(Self.name(of: process.state)).span, width: 8)
    line.write(decimal: UInt64(process.priority), width: 9)
    line.write(decimal: UInt64(process.threadCount), width: 8)
    line.write(decimal: UInt64(process.memoryKibibytes), width: 6)
    line.write(" KiB")
    line.write(decimal: UInt64(process.processorMilliseconds / 1000), width: 6)
    line.write(".")
    line.write(
      decimal: UInt64(process.processorMilliseconds % 1000), width: 3,
      padding: UInt8(ascii: "0"))
    line.write(" s  ")
    line.write(process.name)
    line.writeLine()
    print(line)
  }

  mutating func listServices() -> UInt8 {
    do throws(SystemFailure) {
      let services = try system.services()
      print("NAME          STATE    PROCESS RESTARTS\n")
      for service in services {
        var line: [UInt8] = []
        line.write(Text.bytes(service.name).span, width: 14)
        line.write(Text.bytes(Self.name(of: service.state)).span, width: 9)
        line.write(decimal: UInt64(service.process), width: 7)
        line.write(decimal: UInt64(service.restartCount), width: 9)
        line.writeLine()
        print(line)
      }
      return ExitStatus.success
    } catch {
      complain("services", error.text)
      return ExitStatus.failure
    }
  }

  mutating func listCapabilities() -> UInt8 {
    print("SLOT GENERATION TYPE         RIGHTS    BADGE             NAME\n")
    for held in system.capabilities() {
      var line: [UInt8] = []
      line.write(decimal: UInt64(held.handle.slot), width: 4)
      line.write(decimal: UInt64(held.handle.generation), width: 11)
      line.write(" ")
      line.write(Text.bytes(Self.name(of: held.inspection.type)).span, width: 13)
      line.append(contentsOf: Self.letters(of: held.inspection.rights))
      line.write("  ")
      line.write(hexadecimal: held.inspection.badge, width: 16)
      line.write("  ")
      line.append(contentsOf: held.name)
      line.writeLine()
      print(line)
    }
    print("rights: r read, w write, x execute, c call, g grant, y copy, t transfer, m manage\n")
    return ExitStatus.success
  }

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

  private func processNumber(_ text: [UInt8]) throws(SystemFailure) -> UInt32 {
    if let number = Text.decimal(text) { return number }
    for process in try system.processes() where Text.bytes(process.name) == text {
      return process.number
    }
    throw SystemFailure(text: "no such process; 'ps' lists those there are")
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
