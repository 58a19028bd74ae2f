import Testing
import ToolSupport

@Suite struct VersionTests {
  @Test(arguments: [
    ("QEMU emulator version 10.0.2 (Debian 1:10.0.2)", "10.0.2"),
    ("git version 2.39.5", "2.39.5"), ("LLD 21.0.0 (compatible with GNU linkers)", "21.0.0"),
    ("xorriso 1.5.4 : RockRidge filesystem manipulator", "1.5.4"), ("tool 7", "7"),
  ])
  func firstNumberIsFound(text: String, version: String) {
    #expect(Version(firstIn: text)?.description == version)
  }

  @Test func textWithoutANumberIsNoVersion() {
    #expect(Version(firstIn: "no number here") == nil)
  }

  @Test func partsCompareAsNumbers() {
    #expect(Version(8, 1) < Version(10, 0, 2))
    #expect(Version(8, 1) == Version(8, 1, 0))
    #expect(!(Version(8, 1, 1) < Version(8, 1)))
  }
}
