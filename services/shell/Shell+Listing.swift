import Libmnos

// Commands that list what runs and what that holds.
extension Shell {
  // MARK: Processes

  mutating func listProcesses() -> UInt8 {
    do throws(SystemFailure) {
      let processes = try system.processes()
      print(Self.processHeading)
      for process in processes { print(Self.line(of: process)) }
      try system.strays { (stray) in
        print(Self.line(of: stray, among: processes))
        return takesOutput
      }
      return ExitStatus.success
    } catch {
      complain("ps", error.text)
      return ExitStatus.failure
    }
  }

  private static var processHeading: StaticString {
    "NUMBER STATE    PRIORITY THREADS   MEMORY    CPU TIME  NAME\n"
  }

  private static func line(of process: ProcessInfo) -> [UInt8] {
    var line: [UInt8] = []
    line.write(decimal: UInt64(process.number), width: 6)
    line.write(" ")
    line.write(Text.bytes(name(of: process.state)).span, width: 8)
    line.write(decimal: UInt64(process.priority), width: 9)
    write(
      threadCount: process.threadCount, process.memoryKibibytes, process.processorMilliseconds,
      to: &line)
    line.write(process.name)
    line.writeLine()
    return line
  }

  /// A process that a program has made itself: it has no number to kill it by, and ends with the
  /// budget that pays for it.
  private static func line(of stray: StrayInfo, among processes: [ProcessInfo]) -> [UInt8] {
    var line: [UInt8] = []
    line.write("     - ")
    line.write(Text.bytes(name(of: stray.state)).span, width: 8)
    line.write("        -")
    write(
      threadCount: stray.threadCount, stray.memoryKibibytes, stray.processorMilliseconds,
      to: &line)
    if let maker = processes.first(where: { $0.number == stray.maker }) {
      line.write("(made by ")
      line.write(maker.name)
      line.write(")\n")
    } else {
      line.write("(maker unknown)\n")
    }
    return line
  }

  private static func write(
    threadCount: UInt16, _ kibibytes: UInt32, _ milliseconds: UInt32, to line: inout [UInt8]
  ) {
    line.write(decimal: UInt64(threadCount), width: 8)
    line.write(decimal: UInt64(kibibytes), width: 6)
    line.write(" KiB")
    write(milliseconds: UInt64(milliseconds), to: &line)
    line.write("  ")
  }

  private static func write(milliseconds: UInt64, to line: inout [UInt8]) {
    line.write(decimal: milliseconds / 1000, width: 6)
    line.write(".")
    line.write(decimal: milliseconds % 1000, width: 3, padding: UInt8(ascii: "0"))
    line.write(" s")
  }

  /// The number that an argument says, or that of the first process of this name.
  func processNumber(_ text: [UInt8]) throws(SystemFailure) -> UInt32 {
    if let number = Text.decimal(text) { return number }
    for process in try system.processes() where Text.bytes(process.name) == text {
      return process.number
    }
    throw SystemFailure(text: "no such process; 'ps' lists those there are")
  }

  mutating func listThreads(of process: [UInt8]) -> UInt8 {
    do throws(SystemFailure) {
      let number = try processNumber(process)
      var isFirst = true
      try system.threads(of: number) { (thread) in
        if isFirst { print("THREAD STATE          PRIORITY    CPU TIME\n") }
        isFirst = false
        var line: [UInt8] = []
        line.write(decimal: thread.number, width: 6)
        line.write(" ")
        line.write(Text.bytes(Self.name(of: thread.state)).span, width: 14)
        line.write(decimal: UInt64(thread.priority), width: 9)
        Self.write(milliseconds: thread.processorNanoseconds / 1_000_000, to: &line)
        if thread.isSuspended { line.write("  suspended") }
        if thread.isThrottled { line.write("  has spent its share of CPU time") }
        line.writeLine()
        print(line)
        return takesOutput
      }
      return ExitStatus.success
    } catch {
      complain("ps", about: process, error.text)
      return ExitStatus.failure
    }
  }

  // MARK: Services

  mutating func listServices() -> UInt8 {
    do throws(SystemFailure) {
      let services = try system.services()
      print("NAME          STATE    PROCESS RESTARTS  CPU SHARE  QUEUE\n")
      for service in services {
        var line: [UInt8] = []
        line.write(Text.bytes(service.name).span, width: 14)
        line.write(Text.bytes(Self.name(of: service.state)).span, width: 9)
        line.write(decimal: UInt64(service.process), width: 7)
        line.write(decimal: UInt64(service.restartCount), width: 9)
        Self.write(service.share, to: &line)
        // Whether its callers wait while it restarts.
        line.write(service.keepsQueue ? "  kept" : "  -")
        line.writeLine()
        print(line)
      }
      return ExitStatus.success
    } catch {
      complain("services", error.text)
      return ExitStatus.failure
    }
  }

  private static func write(_ share: CPUShare?, to line: inout [UInt8]) {
    guard let share else { return line.write("       none") }
    let tenths = share.microseconds * 1000 / share.period
    line.write(decimal: tenths / 10, width: 7)
    line.write(".")
    line.write(decimal: tenths % 10)
    line.write(" %")
  }

  // MARK: Capabilities

  /// The shell's own, with the names that it knows them by.
  mutating func listCapabilities() -> UInt8 {
    print("SLOT GENERATION TYPE         RIGHTS    BADGE             NAME\n")
    for held in system.capabilities() {
      let inspection = held.inspection
      var line = Self.line(
        of: CapabilityListing(
          slot: held.handle.slot, generation: held.handle.generation, type: inspection.type,
          rights: inspection.rights, badge: inspection.badge))
      line.write("  ")
      line.append(contentsOf: held.name)
      line.writeLine()
      print(line)
    }
    printRights()
    return ExitStatus.success
  }

  mutating func listCapabilities(of process: [UInt8]) -> UInt8 {
    do throws(SystemFailure) {
      let number = try processNumber(process)
      var isFirst = true
      try system.capabilities(of: number) { (listing) in
        if isFirst { print("SLOT GENERATION TYPE         RIGHTS    BADGE             USE\n") }
        isFirst = false
        var line = Self.line(of: listing)
        let use = Text.bytes(Self.use(of: listing))
        if !use.isEmpty {
          line.write("  ")
          line.append(contentsOf: use)
        }
        line.writeLine()
        print(line)
        return takesOutput
      }
      printRights()
      return ExitStatus.success
    } catch {
      complain("caps", about: process, error.text)
      return ExitStatus.failure
    }
  }

  private static func line(of listing: CapabilityListing) -> [UInt8] {
    var line: [UInt8] = []
    line.write(decimal: UInt64(listing.slot), width: 4)
    line.write(decimal: UInt64(listing.generation), width: 11)
    line.write(" ")
    line.write(Text.bytes(name(of: listing.type)).span, width: 13)
    line.append(contentsOf: letters(of: listing.rights))
    line.write("  ")
    line.write(hexadecimal: listing.badge, width: 16)
    return line
  }

  private mutating func printRights() {
    print("rights: r read, w write, x execute, c call, g grant, y copy, t transfer, m manage\n")
  }
}
