/** ECMA-48 escape sequences: colours, titles, cursor movements. */
const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[()][0-9A-B]|[@-Z\\^_=>])/g;
const UNCLEAN = /[\u001b\r\u0008\u00a0\ufeff\u200b]/;

/** Characters of a row of a table; longer lines are read by dialects that put a whole scan or document on one. */
export const ROW_CHARACTERS_MAX = 65_536;

/** Text as a terminal shows it where a backspace takes back the character before. */
function overstruck(text: string): string {
  const kept: string[] = [];
  for (const letter of text) {
    if (letter === '\u0008') kept.pop();
    else kept.push(letter);
  }
  return kept.join('');
}

/** A line without what terminals, Windows, web pages and mail add to it. */
export function cleanLine(line: string): string {
  let clean = line;
  if (UNCLEAN.test(clean)) {
    clean = clean
      .replace(ESCAPES, '')
      .replace(/[\ufeff\u200b]/g, '')
      .replaceAll('\u00a0', ' ')
      .replace(/\r+$/, '');
    if (clean.includes('\u0008')) clean = overstruck(clean);
    if (clean.includes('\r')) clean = clean.replaceAll('\r', ' ');
  }
  return clean.startsWith('>') && /^(?:> ?)+(?=\S|\s)/.test(clean) ? clean.replace(/^(?:> ?)+/, '') : clean;
}

/** A pasted command line, or a prompt alone. */
export interface PastedCommand {
  readonly command: string;
  /** Host name in the prompt (`root@burner:~#`); null: none. */
  readonly hostname: string | null;
}

const TOOLS =
  /^(?:sudo\s+(?:-\S+\s+)*|doas\s+|time\s+|LC_ALL=\S+\s+|LANG=\S+\s+|watch\s+\S+\s+)*(?:\S*[/\\])?(?:netstat|ss|lsof|sockstat|route|ifconfig|cat|head|type|more|nmap|masscan|osqueryi|busybox|toybox|fuser|ip|hostname|uname|date|powershell|pwsh|Get-Net\w+|exit|logout|clear|cls|script|adb|docker|kubectl|nsenter|chcp|arp|echo)(?:\.exe)?(?:\s|$)/i;
const PROMPT =
  /^\s*(?:(?:\([\w.-]+\)\s*)?(?:\[?(?:[\w.-]+@)(?<host>[\w-]+)(?:\.[\w.-]+)?(?:[:\s](?:[^\]#$%>]*|[^\]]*(?=\])))?\]?\s*[#$%>❯]|[A-Za-z]:\\[^<>|]*>|PS(?:\s[^>]*)?>|(?:bash|sh|ksh|zsh)-[\d.]+[#$]|[~/][\w./~-]*\s+[#$%]|[#$%❯])|(?<bare>[\w-]{1,64})(?::[\w./~-]*)?[#$%])(?:\s+|$)(?<rest>.*)$/u;

/** What somebody typed before the capture; null: the line is no command. */
export function pastedCommand(line: string): PastedCommand | null {
  const headed = /^==> (.{1,255}) <==$/.exec(line)?.[1];
  if (headed !== undefined) return { command: `head ${headed}`, hostname: null };
  const match = line.length > 512 ? null : PROMPT.exec(line);
  const rest = match?.groups?.['rest']?.trim() ?? line.trim().replace(/^\+ /, '');
  if (match === null) return TOOLS.test(rest) && rest.length <= 512 ? { command: rest, hostname: null } : null;
  if (rest !== '' && !TOOLS.test(rest)) return null;
  return { command: rest, hostname: match.groups?.['host'] ?? match.groups?.['bare'] ?? null };
}

/** `uname -a`: system, host, release. */
export function unameOf(line: string): { readonly hostname: string; readonly kernel: string } | null {
  const match =
    /^(?:Linux|FreeBSD|OpenBSD|NetBSD|DragonFly|Darwin|SunOS|AIX|HP-UX|QNX) ([\w.-]{1,64}) (\S{1,80}) \S/.exec(line);
  return match === null ? null : { hostname: match[1] ?? '', kernel: match[2] ?? '' };
}

/** Fences and rules that people put around a paste. */
export const isDecoration = (line: string): boolean =>
  /^\s*(?:`{3,}\w*|~{3,}\w*|-{3,}[\s-]*|={3,}|\*{3,}|_{3,}|<\/?(?:pre|code)>|\[…\]|\.\.\.)\s*$/.test(line);

/** What tools say of themselves before or between their tables; the gaps say the same in our words. */
export const isRemark = (line: string): boolean =>
  /^\s*(?:\(No info could be read for|\(Not all processes could be identified|will not be shown, you would have to be root|RTNETLINK answers:|Failed to open cgroup2|lsof: WARNING|Output information may be incomplete|Warning: got bogus|netstat: WARNING|Cannot open netlink socket|Failed to find cgroup2 mount|netstat: showing only processes with your user ID|Cannot stat file \/proc\/)/.test(
    line,
  );

/** Titles and headings that several dialects print alike; the first row says whose they are. */
export const isSharedHeading = (line: string): boolean =>
  /^\s*(?:Active (?:Internet6?|UNIX|LOCAL|Multipath)\b.*|Proto\s+\S*-Q\s.*|Proto\s.*\s(?:Local|Foreign)\s+Address\b.*)$/i.test(
    line,
  );
