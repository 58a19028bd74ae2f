import PlatformCommon
import Testing

@Suite struct RISCVExtensionsTests {
  private func extensions(_ text: String) -> RISCVExtensions {
    let bytes = Array(text.utf8)
    return RISCVExtensions { $0 < bytes.count ? bytes[Int($0)] : nil }
  }

  @Test(
    arguments: [
      ("rv64imafdch_zic64b_zicbom_zicbop_sstc_svadu_svpbmt_svvptc", true, true),
      ("rv64imafdc_zicbom_zicboz", false, true), ("rv64gc_svpbmt", true, false),
      ("rv64gc_Svpbmt1p0_ZICBOM1", true, true), ("rv64gc_svpbmt\u{0}_zicbom", true, false),
      ("rv64gc", false, false), ("", false, false), ("_", false, false), ("_zicbo", false, false),
      ("rv64gc_zicbomx_svpbmtzicbom_xsvpbmt", false, false), ("svpbmt", false, false),
    ] as [(String, Bool, Bool)])
  func namesAreFoundWhole(text: String, types: Bool, blocks: Bool) {
    #expect(
      extensions(text) == RISCVExtensions(hasPageTypes: types, hasCacheBlocks: blocks))
  }
}
