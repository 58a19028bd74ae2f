/// Where distributions put the UEFI firmware that QEMU runs; the first that exists is used.
public enum FirmwareFiles {
  // The name is the architecture's.
  // swift-format-ignore: AlwaysUseLowerCamelCase
  public static let x86_64 = [
    "/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_CODE.fd",
    "/usr/share/edk2/ovmf/OVMF_CODE.fd", "/usr/share/edk2/x64/OVMF_CODE.4m.fd",
  ]
  public static let aarch64 = [
    "/usr/share/AAVMF/AAVMF_CODE.fd", "/usr/share/edk2/aarch64/QEMU_EFI-pflash.raw",
  ]
  public static let riscv64 = [
    "/usr/share/qemu-efi-riscv64/RISCV_VIRT_CODE.fd",
    "/usr/share/edk2/riscv/RISCV_VIRT_CODE.fd",
  ]
  public static let loongarch64 = [
    "/usr/share/qemu-efi-loongarch64/QEMU_EFI.fd",
    "/usr/share/edk2/loongarch64/QEMU_EFI.fd",
  ]
}
