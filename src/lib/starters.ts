/** Super servers with a file that says what they start: inetd.conf(5), xinetd.conf(5). */
const INETDS: ReadonlySet<string> = new Set(['inetd', 'inetutils-inetd', 'openbsd-inetd', 'rlinetd', 'xinetd']);

/** Whether the program of that base name is an inetd. */
export const isInetd = (name: string): boolean => INETDS.has(name);

const FROM_COMMAND_LINE =
  /^(?:tcpserver|couriertcpd|tcpsvd|udpsvd|s6-tcpserver[46]?d?|systemd-socket-activate|micro-inetd|ipsvd|socat|ncat|nc|nc\.traditional|faucet|onenetd)$/;

/** Whether the program of that base name takes the port, and what it starts for each connection, on its command line. */
export const startsFromCommandLine = (name: string): boolean => FROM_COMMAND_LINE.test(name);
