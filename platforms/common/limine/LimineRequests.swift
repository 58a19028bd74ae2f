// What the kernel asks of its boot loader. Fence: the loader writes an address into each
// request before the kernel runs; this file is the only one that reads them back.
//
// Source: Limine PROTOCOL.md (8.2), "Features", "Requests Delimiters", "Feature List".
//
// A loader looks for these records in the loaded image, on 8-byte boundaries, between the
// start and the end marker. Link scripts put them into the writable data in this order:
//
//     KEEP(*(.requests_start)) KEEP(*(.requests)) KEEP(*(.requests_end))
//
// Each record is (two words common to all, two that name the feature, revision, response
// address, further words). They are variables so that no compiler takes the zero in the
// response for a constant, and constants by their form so that nothing runs to make them.
//
// None is `@used`, and `answers` is for this module's object alone: otherwise every module that
// imports this one would hold the records a second time, which loaders refuse.

typealias LimineRequest = (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)
typealias LimineRequestWithFlags = (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)
// SAFETY: all globals below are written by the boot loader before the first instruction of
// the kernel, and only read afterwards.

@section(".requests_start")
nonisolated(unsafe) var limineStartMarker: (UInt64, UInt64, UInt64, UInt64) = (
  0xf6b8_f4b3_9de7_d1ae, 0xfab9_1a69_40fc_b9cf, 0x785c_6ed0_15d3_e316, 0x181e_920a_7852_b9d9
)

/// Base revision 2: the newest that Limine 8.2 has, and later releases still accept. The
/// loader zeroes the last word if it complies.
@section(".requests")
nonisolated(unsafe) var limineBaseRevision: (UInt64, UInt64, UInt64) = (
  0xf956_2b2d_5c95_a6c8, 0x6a7b_3849_4453_6bdc, 2
)

@section(".requests")
nonisolated(unsafe) var limineLoaderInfo: LimineRequest = (
  0xc7b1_dd30_df4c_8b88, 0x0a82_e883_a194_f07b, 0xf550_38d8_e2a1_202f, 0x2794_26fc_f5f5_9740, 0, 0
)

@section(".requests")
nonisolated(unsafe) var limineDirectMap: LimineRequest = (
  0xc7b1_dd30_df4c_8b88, 0x0a82_e883_a194_f07b, 0x48dc_f1cb_8ad2_b852, 0x6398_4e95_9a98_244b, 0, 0
)

@section(".requests")
nonisolated(unsafe) var limineMemoryMap: LimineRequest = (
  0xc7b1_dd30_df4c_8b88, 0x0a82_e883_a194_f07b, 0x67cf_3d9d_378a_806f, 0xe304_acdf_c50c_3c62, 0, 0
)

@section(".requests")
nonisolated(unsafe) var limineKernelAddress: LimineRequest = (
  0xc7b1_dd30_df4c_8b88, 0x0a82_e883_a194_f07b, 0x71ba_7686_3cc5_5f63, 0xb264_4a48_c516_a487, 0, 0
)

@section(".requests")
nonisolated(unsafe) var limineKernelFile: LimineRequest = (
  0xc7b1_dd30_df4c_8b88, 0x0a82_e883_a194_f07b, 0xad97_e90e_83f1_ed67, 0x31eb_5d1c_5ff2_3b69, 0, 0
)

@section(".requests")
nonisolated(unsafe) var limineModules: LimineRequest = (
  0xc7b1_dd30_df4c_8b88, 0x0a82_e883_a194_f07b, 0x3e7e_2797_02be_32af, 0xca1c_4f3b_d128_0cee, 0, 0
)

@section(".requests")
nonisolated(unsafe) var limineACPIRoot: LimineRequest = (
  0xc7b1_dd30_df4c_8b88, 0x0a82_e883_a194_f07b, 0xc5e7_7b6b_397e_7b43, 0x2763_7845_accd_cf3c, 0, 0
)

@section(".requests")
nonisolated(unsafe) var limineDeviceTree: LimineRequest = (
  0xc7b1_dd30_df4c_8b88, 0x0a82_e883_a194_f07b, 0xb40d_db48_fb54_bac7, 0x5450_8149_3f81_ffb7, 0, 0
)

@section(".requests")
nonisolated(unsafe) var limineFramebuffers: LimineRequest = (
  0xc7b1_dd30_df4c_8b88, 0x0a82_e883_a194_f07b, 0x9d58_27dc_d881_dd75, 0xa314_8604_f6fa_b11b, 0, 0
)

@section(".requests")
nonisolated(unsafe) var limineBootTime: LimineRequest = (
  0xc7b1_dd30_df4c_8b88, 0x0a82_e883_a194_f07b, 0x5027_46e1_84c0_88aa, 0xfbc5_ec83_e632_7893, 0, 0
)

/// The boot hart's number on riscv64; releases after 8.2 only, others leave it unanswered.
@section(".requests")
nonisolated(unsafe) var limineBootHart: LimineRequest = (
  0xc7b1_dd30_df4c_8b88, 0x0a82_e883_a194_f07b, 0x1369_359f_0255_25f9, 0x2ff2_a561_7839_1bb6, 0, 0
)

/// Flags 0: the local APICs of x86_64 stay in the mode that the firmware chose.
@section(".requests")
nonisolated(unsafe) var limineProcessors: LimineRequestWithFlags = (
  0xc7b1_dd30_df4c_8b88, 0x0a82_e883_a194_f07b, 0x95a6_7b81_9a1b_857e, 0xa0b6_1b72_3b6a_73e0,
  0, 0, 0
)

@section(".requests_end")
nonisolated(unsafe) var limineEndMarker: (UInt64, UInt64) = (
  0xadc0_e053_1bb1_0d03, 0x9572_709f_3176_4c62
)

extension LimineBoot {
  /// What this kernel's loader answered.
  ///
  /// Everything it leads to lies in memory that the memory map calls `loaderReclaimable` or
  /// `kernelAndModules`, through the loader's direct map: valid as long as both are kept.
  ///
  /// - Parameter pagingMode: The answer to the request in asm/PagingRequest.S.
  @export(interface)
  public static func answers(pagingMode: UInt64) -> LimineBoot {
    var responses = LimineResponses()
    // SAFETY: plain reads of constants that nothing writes any more.
    unsafe responses.isBaseRevisionSupported = limineBaseRevision.2 == 0
    // A loader needs the markers only; reading them keeps them in the image.
    unsafe responses.areMarkersIntact = limineStartMarker.0 != limineEndMarker.0
    unsafe responses.loaderInfo = limineLoaderInfo.5
    unsafe responses.directMap = limineDirectMap.5
    unsafe responses.memoryMap = limineMemoryMap.5
    unsafe responses.kernelAddress = limineKernelAddress.5
    unsafe responses.kernelFile = limineKernelFile.5
    unsafe responses.modules = limineModules.5
    unsafe responses.acpiRoot = limineACPIRoot.5
    unsafe responses.deviceTree = limineDeviceTree.5
    unsafe responses.framebuffers = limineFramebuffers.5
    unsafe responses.bootTime = limineBootTime.5
    unsafe responses.bootHart = limineBootHart.5
    responses.pagingMode = pagingMode
    unsafe responses.processors = limineProcessors.5
    // SAFETY: the addresses are the loader's own answers.
    return unsafe LimineBoot(responses: responses)
  }
}
