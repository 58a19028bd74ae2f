import Foundation
import Testing
import ToolSupport

@testable import Builder

@Suite struct RetargetedCodeTests {
  /// What Swift writes for riscv64, with `body` in place of functions.
  private static func code(_ body: String = "") -> String {
    """
    ; ModuleID = 'M'
    target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
    target triple = "riscv64-none-none-eabi"

    \(body)
    attributes #0 = { nounwind "target-cpu"="generic-rv64" "target-features"="+64bit,+a" }
    attributes #1 = { "frame-pointer"="all" "tune-cpu"="generic" cold }
    attributes #2 = { nounwind }

    !llvm.module.flags = !{!0, !1, !2, !4, !5, !6}

    !0 = !{i32 1, !"wchar_size", i32 4}
    !1 = !{i32 1, !"target-abi", !"lp64"}
    !2 = !{i32 6, !"riscv-isa", !3}
    !3 = !{!"rv64i2p1_m2p0_a2p1"}
    !4 = !{i32 8, !"PIC Level", i32 2}
    !5 = !{i32 8, !"SmallDataLimit", i32 0}
    !6 = !{i32 1, !"Code Model", i32 3}
    !7 = !{i32 1, !"SmallDataLimit", i32 9}
    """
  }

  private static func retargeted(
    _ text: String, usesFloatRegisters: Bool = false
  ) throws(ToolFailure) -> [String] {
    let pass = RetargetedCode(
      RetargetedCode.loongArch64, usesFloatRegisters: usesFloatRegisters)
    let bytes = try pass.rewritten(Array(text.utf8), name: "M.ll")
    return String(decoding: bytes, as: UTF8.self).components(separatedBy: "\n")
  }

  private static func complaint(about body: String) -> String {
    do throws(ToolFailure) {
      return try retargeted(code(body)).joined(separator: "\n")
    } catch {
      return error.message
    }
  }

  @Test func tripleIsReplaced() throws {
    let lines = try Self.retargeted(Self.code())

    #expect(lines[2] == "target triple = \"loongarch64-unknown-none-elf\"")
  }

  @Test func functionsLoseTheProcessorAndNothingElse() throws {
    let lines = try Self.retargeted(Self.code())

    #expect(
      lines.filter { $0.hasPrefix("attributes") } == [
        "attributes #0 = { nounwind }", "attributes #1 = { \"frame-pointer\"=\"all\" cold }",
        "attributes #2 = { nounwind }",
      ])
  }

  @Test func flagsOfTheOtherMachineLeaveTheList() throws {
    let lines = try Self.retargeted(Self.code())

    #expect(lines.contains("!llvm.module.flags = !{!0, !1, !4}"))
  }

  @Test(arguments: [(false, "lp64s"), (true, "lp64d")])
  func interfaceFollowsTheFloatRegisters(usesFloatRegisters: Bool, name: String) throws {
    let lines = try Self.retargeted(Self.code(), usesFloatRegisters: usesFloatRegisters)

    #expect(lines.contains("!1 = !{i32 1, !\"target-abi\", !\"\(name)\"}"))
  }

  @Test(arguments: [
    "define void @f() {\n  ret void\n}", "@text = constant [9 x i8] c\"a asm \\22r\\22\"",
    "@\"riscv64\" = constant i8 243", "  call void asm sideeffect \"nop\", \"\"()",
    "  %1 = call i64 asm sideeffect \"csrrd $0, 0x5\", \"=r,~{memory}\"()",
    "  call void asm sideeffect \"\", \"n\"(i32 7)",
    "  %2 = call { i64, i64 } asm \"x\", \"=&r,=r,0,1,i,*m\"(i64 %0, i64 %1)",
  ])
  func otherLinesStayAsTheyAre(body: String) throws {
    let lines = try Self.retargeted(Self.code(body))

    #expect(lines[4...].starts(with: body.components(separatedBy: "\n")))
  }

  @Test(arguments: [
    ("declare i64 @llvm.riscv.orc.b.i64(i64)", "@llvm.riscv."),
    ("define riscv_vector_cc void @f() {", "riscv_vector_cc"),
    ("  %1 = load <vscale x 2 x i32>, ptr %0", "<vscale x"),
    ("module asm \"fence.i\"", "module asm \"fence.i\""),
    ("  call void asm sideeffect \"ecall\", \"={x10},{x17}\"(i64 1)", "'={x10}'"),
    ("  call void asm sideeffect \"x\", \"r,~{t0}\"(i64 1)", "'~{t0}'"),
    ("  call void asm \"x\", \"A\"(ptr %0)", "'A'"),
  ])
  func whatOnlyTheOtherMachineHasIsNamed(body: String, name: String) {
    let complaint = Self.complaint(about: body)

    #expect(complaint.contains(name))
    #expect(complaint.contains("M.ll: cannot become code for loongarch64"))
  }

  @Test func unknownFlagOfTheOtherMachineIsRefused() {
    let text = Self.code().replacingOccurrences(of: "PIC Level", with: "riscv-new")

    #expect(throws: ToolFailure.self) { try Self.retargeted(text) }
  }

  @Test(arguments: [
    ("i128:128", "i128:64"), ("riscv64-none-none-eabi", "x86_64-unknown-none-elf"),
  ])
  func codeOfAnyOtherMachineIsRefused(from: String, to: String) {
    let text = Self.code().replacingOccurrences(of: from, with: to)

    #expect(throws: ToolFailure.self) { try Self.retargeted(text) }
  }
}
