import Testing

@testable import Builder

@Suite struct ImageTests {
  @Test func kernelOptionsJoinTheCommandLine() {
    let text = "timeout: 0\n\n/mnos\n    cmdline: loglevel=info\n    path: x\n"

    let added = ImageInputs.add("kernel.selftest=1", toCommandLineOf: text)

    #expect(
      added
        == "timeout: 0\n\n/mnos\n    cmdline: loglevel=info kernel.selftest=1\n    path: x\n")
  }

  @Test func foldersComeBeforeWhatTheyHold() {
    #expect(
      FATImage.folders(of: ["EFI/BOOT/A.EFI", "boot/init", "limine.conf"])
        == ["EFI", "EFI/BOOT", "boot"])
  }

  @Test(arguments: [0, 1 << 20, (20 << 20) + 1])
  func imageHoldsItsContents(contents: Int) {
    let byteCount = FATImage.byteCount(forContents: contents, fileCount: 5)

    #expect(byteCount > contents + contents / 100)
    #expect(byteCount % (1 << 20) == 0)
  }

  @Test func dateIsWrittenForXorriso() {
    #expect(ISOWriter.xorrisoDate(1_767_225_600) == "2026010100000000")
  }
}
