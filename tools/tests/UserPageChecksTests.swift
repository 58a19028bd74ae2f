import Testing

@testable import Machine

/// How a kernel is judged that was told to use a page of init's.
@Suite struct UserPageChecksTests {
  private func complaint(_ lines: [String]) -> String? {
    UserPageChecks.complaint(about: lines, .execute, architecture: "x86_64")
  }

  private let begin = "selftest: userPage: 0x401000"
  private let stop = "kernel panic: the machine stops here"

  @Test func aFaultAtThePageIsRight() {
    #expect(
      complaint([
        "mnos x86_64: 512 MiB", begin,
        "kernel panic: exception in the kernel: cause 0xe, detail 0x11, address 0x401000", stop,
      ]) == nil)
  }

  @Test(arguments: [
    // Another address; a page that is not there; another exception; an access that worked.
    "kernel panic: exception in the kernel: cause 0xe, detail 0x11, address 0x402000",
    "kernel panic: exception in the kernel: cause 0xe, detail 0x10, address 0x401000",
    "kernel panic: exception in the kernel: cause 0xd, detail 0x11, address 0x401000",
    "selftest: userPage: nothing stopped the kernel; there is 0x1",
  ])
  func anythingElseIsWrong(line: String) {
    #expect(complaint([begin, line, stop]) != nil)
  }

  @Test func silenceIsWrong() {
    #expect(complaint([]) != nil)
    #expect(complaint([begin]) != nil)
  }

  /// A machine that is known to lose the protection is no failure, unless it does not even begin.
  @Test func anEmulatorThatLosesTheProtectionIsExcused() {
    func report(_ lines: [String], _ architecture: String) -> TestReport {
      UserPageChecks.judge(lines, .read, architecture: architecture)
    }
    let through = [begin, "selftest: userPage: nothing stopped the kernel; there is 0x1", stop]
    let stopped = [
      begin, "kernel panic: exception in the kernel: cause 0x70000, detail 0x0, address 0x401000",
    ]

    #expect(report(through, "loongarch64").inapplicable.count == 1)
    #expect(report(through, "riscv64").failures.count == 1)
    #expect(report([], "loongarch64").failures.count == 1)
    #expect(report(stopped, "loongarch64").passedCount == 1)
  }

  @Test(arguments: ["x86_64", "aarch64", "riscv64", "loongarch64"])
  func eachMachineHasItsCauses(architecture: String) {
    for access in UserPageChecks.Access.allCases {
      #expect(UserPageChecks.causes[architecture]?[access]?.isEmpty == false)
    }
  }
}
