import type { Because, Exposure } from './exposure.js';
import type { Finding, Severity } from './finding.js';
import type { Gap } from './gap.js';
import type { Listener, Owner } from './listener.js';
import type { Service } from './service.js';
import type { Host, SnapshotSource, Tool } from './snapshot.js';
import type { Protocol } from './socket.js';

/** An entry of NAT, TPROXY, IPVS or sk_lookup that takes packets for a port elsewhere. */
export interface Published {
  /** `published/tcp/0.0.0.0:8080@host`. */
  readonly id: string;
  readonly via: Because;
  readonly target: {
    readonly address: string;
    readonly port: number | null;
    readonly portEnd: number | null;
    readonly namespace: string | null;
    readonly listener: string | null;
  };
  readonly protocol: Protocol;
  readonly family: 'ipv4' | 'ipv6';
  readonly address: string;
  readonly port: number | null;
  readonly portEnd: number | null;
  readonly namespace: { readonly id: number; readonly name: string };
  readonly service: Service;
  readonly exposure: Exposure;
  readonly owners: readonly Owner[];
}

/** A rule of the run, and what became of it. */
export interface RuleSummary {
  readonly id: string;
  readonly title: string;
  /** Markdown: what, why, how to close it. */
  readonly help: string;
  /** The worst severity it can have. */
  readonly worst: Severity;
  readonly ran: boolean;
  readonly matched: number;
  readonly tags: readonly string[];
}

export interface Gate {
  readonly failOn: Severity | 'none';
  /** Known findings fail the run too; absent: no. */
  readonly failOnKnown?: boolean;
  readonly minSeverity: Severity;
  readonly requireComplete: boolean;
  readonly exitCode: number;
  /** What the audit was narrowed to (`--port 22`), in words; empty: everything. */
  readonly narrowed: readonly string[];
  /** Things the gate wants said: a waiver about to expire, one that matches nothing. */
  readonly notices: readonly string[];
  /** How many waivers end within two weeks or have ended with findings left: no night with one is a quiet one. */
  readonly expiring: number;
}

export interface Summary {
  readonly critical: number;
  readonly high: number;
  readonly medium: number;
  readonly low: number;
  readonly info: number;
  readonly waived: number;
  readonly listeners: number;
  readonly gaps: number;
}

/** One OSI layer and what this host shows of it. */
export interface Layer {
  readonly osi: string;
  readonly number: string;
  readonly tcpip: string;
  readonly shows: readonly { readonly what: string; readonly value: string }[];
}

/** The report (`earshot.report/1`). Names other programs hold on to: fields may be added, never renamed or retyped. */
export interface Report {
  readonly schema: 'earshot.report/1';
  readonly tool: Tool;
  readonly host: Host;
  readonly collection: {
    readonly source: SnapshotSource;
    /** RFC 3339, UTC. */
    readonly startedAt: string;
    readonly durationMs: number;
    /** Name of the dialect, where the source is a capture. */
    readonly dialect: string | null;
    readonly gaps: readonly Gap[];
  };
  readonly listeners: readonly Listener[];
  readonly published: readonly Published[];
  readonly findings: readonly Finding[];
  readonly rules: readonly RuleSummary[];
  readonly gate: Gate;
  readonly layers: readonly Layer[] | null;
  readonly summary: Summary;
}
