/** Names in the order of their bits, linux/capability.h. */
const NAMES = (
  'chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable net_bind_service net_broadcast net_admin ' +
  'net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin sys_boot sys_nice sys_resource sys_time ' +
  'sys_tty_config mknod lease audit_write audit_control setfcap mac_override mac_admin syslog wake_alarm block_suspend audit_read perfmon ' +
  'bpf checkpoint_restore'
).split(' ');

/** Capabilities that every kernel since 3.16 has; a set with all of them and no hole is the whole set of its kernel. */
const WHOLE_SET_MIN = 38;

/** Names of a capability set as /proc/PID/status writes it; `["all"]` for the whole set; null where not seen or no number. */
export function capabilityNames(hex: string | null): readonly string[] | null {
  if (hex === null || !/^[0-9a-f]{1,16}$/i.test(hex)) return null;
  const bits = BigInt(`0x${hex}`);
  const count = bits.toString(2).length;
  if (count >= WHOLE_SET_MIN && bits === (1n << BigInt(count)) - 1n) return ['all'];
  const names: string[] = [];
  for (let bit = 0; bit < count; bit++) if ((bits >> BigInt(bit)) & 1n) names.push(NAMES[bit] ?? `cap_${bit}`);
  return names;
}
