import Testing

@testable import ToolSetup

@Suite struct AptSourceTests {
  @Test func stanzaGivesMirrorSuitesAndKeyring() {
    let text = """
      Types: deb
      # a comment
      URIs: https://mirror.example/debian
      Suites: bookworm bookworm-updates
      Components: main
      Signed-By: /usr/share/keyrings/archive.gpg
      """

    let sources = AptSourceReader.stanzas(in: text)

    #expect(
      sources == [
        AptSource(
          uri: "https://mirror.example/debian", suites: ["bookworm", "bookworm-updates"],
          components: ["main"], keyring: "/usr/share/keyrings/archive.gpg")
      ])
  }

  @Test func disabledAndSourceStanzasAreLeftOut() {
    let text = """
      Types: deb
      URIs: https://mirror.example/a
      Suites: bookworm
      Components: main
      Enabled: no

      Types: deb-src
      URIs: https://mirror.example/b
      Suites: bookworm
      Components: main
      """

    #expect(AptSourceReader.stanzas(in: text).isEmpty)
  }

  @Test(arguments: [
    ("deb https://mirror.example/debian bookworm main", nil),
    (
      "deb [arch=amd64 signed-by=/k.gpg] https://mirror.example/debian bookworm main",
      "/k.gpg" as String?
    ),
  ])
  func lineGivesTheSame(line: String, keyring: String?) {
    let expected = AptSource(
      uri: "https://mirror.example/debian", suites: ["bookworm"], components: ["main"],
      keyring: keyring)

    #expect(AptSourceReader.lines(in: "# comment\n" + line + "\n") == [expected])
  }

  @Test func laterSuitesAreAddedBelowWhatIsInstalled() {
    let main = AptSource(
      uri: "https://mirror.example/debian", suites: ["bookworm"], components: ["main"],
      keyring: "/k.gpg")

    let files = Installer.suiteFiles(["trixie"], like: main)

    #expect(files.sources.contains("URIs: https://mirror.example/debian\nSuites: trixie\n"))
    #expect(files.sources.contains("Signed-By: /k.gpg"))
    #expect(files.preferences == "Package: *\nPin: release n=trixie\nPin-Priority: 50\n")
  }

  @Test func debian12TakesTheEmulatorFromBackports() {
    let wanted = Requirement.all.filter { ["ovmf", "qemu-system-x86"].contains($0.package) }
    let installer = Installer(
      distribution: Distribution(osRelease: "ID=debian\nVERSION_ID=\"12\"\n"))

    let arguments = installer.arguments(for: wanted.map(Inspection.init(of:)))

    #expect(arguments == ["-t", "bookworm-backports", "ovmf/trixie", "qemu-system-x86"])
  }
}
