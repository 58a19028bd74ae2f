import Testing

@testable import Machine

@Suite struct MachineChecksTests {
  private let good = Conversation(
    answers: MachineChecks.commands.map { .init(bytes: Array("\($0)\n".utf8), status: 0) },
    wasSwitchedOff: true, lastWords: "")

  private func board(_ machines: [MachineSpec]) -> Board {
    let shown = Set(machines.flatMap(\.facts))
    let other = MachineFact.allCases.filter { !shown.contains($0) }
    return Board(
      architecture: "x", firmware: ([], ""), hasBIOS: true, arguments: [], machines: machines,
      inapplicable: Dictionary(uniqueKeysWithValues: other.map { ($0, "not here") }))
  }

  private let first = MachineSpec(
    name: "first", board: "b", processor: "p", attachment: .cd, shows: [.describedByACPI])

  @Test func likeAnswersPass() {
    let second = first.named("second") { $0.attachment = .usb }
    let checks = MachineChecks(board([first, second]), loader: .builtIn)

    let report = checks.judge(["first": good, "second": good])

    #expect(report.failures == [])
    #expect(report.passedNames.contains("machines.startsFromUSBStick"))
    #expect(report.inapplicable.count + report.passedCount == MachineFact.allCases.count)
  }

  @Test func answerThatDiffersFailsEachFactOfThatMachineAndNoOther() {
    let second = first.named("second") { $0.attachment = .usb }
    let checks = MachineChecks(board([first, second]), loader: .builtIn)
    let odd = Conversation(
      answers: good.answers.dropLast() + [.init(bytes: [65, 10], status: 0)],
      wasSwitchedOff: true, lastWords: "")

    let report = checks.judge(["first": good, "second": odd])

    #expect(
      Set(report.failures.map(\.name)) == ["machines.startsFromUSBStick", "machines.startsByUEFI"])
    #expect(report.failures.allSatisfy { $0.reason.contains("second") })
  }

  @Test func machineThatStaysOnHasFailed() {
    let stuck = Conversation(
      answers: good.answers, wasSwitchedOff: false, lastWords: "mnos: going down")

    let fault = MachineChecks.fault(of: stuck, against: good)

    #expect(fault?.contains("mnos: going down") == true)
  }

  @Test func machineThatStopsEarlySaysItsLastWords() {
    let early = Conversation(
      answers: Array(good.answers.prefix(1)), wasSwitchedOff: false, lastWords: "kernel panic: x")

    let fault = MachineChecks.fault(of: early, against: good)

    #expect(fault?.contains("'services'") == true)
    #expect(fault?.contains("kernel panic: x") == true)
  }

  @Test func commandThatFailsIsAFault() {
    let failing = Conversation(
      answers: good.answers.map { .init(bytes: $0.bytes, status: 1) }, wasSwitchedOff: true,
      lastWords: "")

    #expect(MachineChecks.fault(of: failing, against: failing) != nil)
  }

  @Test func whatIsLackingSkipsEveryTestThatApplies() {
    let checks = MachineChecks(board([first]), loader: .limine)

    let report = checks.judge([:], lack: "no Limine")

    #expect(report.passedCount == 0)
    #expect(report.failures == [])
    #expect(Set(report.skipped.map(\.name)) == Set(first.facts.map { "limine.\($0.rawValue)" }))
  }

  @Test func builtInLoaderIsNotTriedByBIOS() {
    let bios = first.named("bios") { $0.firmware = .bios }
    let board = board([first, bios])

    #expect(MachineChecks(board, loader: .builtIn).machines.map(\.name) == ["first"])
    #expect(MachineChecks(board, loader: .limine).machines.map(\.name) == ["first", "bios"])
  }

  @Test func filterByMachineBootsItAndTheFirst() {
    let second = first.named("second") { $0.attachment = .usb }
    let third = first.named("third") { $0.attachment = .nvme }
    let board = board([first, second, third])

    let checks = MachineChecks(board, loader: .builtIn, filter: "machines.third")

    #expect(checks.machines.map(\.name) == ["first", "third"])
    #expect(MachineChecks(board, loader: .builtIn, filter: "paste").machines.isEmpty)
  }
}
