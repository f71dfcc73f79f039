// All cores but one hash chunks. Files take turns, chunk by chunk: a small file does not wait until a film has been read.
import type { Ask, Tell } from "./hash.worker.ts";
import { type Plan, range } from "./plan.ts";

/** The file cannot be read any more: changed, moved or deleted since it was chosen. */
export class Unreadable extends Error {}

export interface Hasher {
  /** Chunk hashes in file order. Rejects with `Unreadable`, or with the signal's reason. */
  hash(file: Blob, plan: Plan, progress: (bytes: number) => void, signal: AbortSignal): Promise<string[]>;
}

interface Task {
  blob: Blob;
  signal: AbortSignal;
  progress: (bytes: number) => void;
  resolve: (hash: string) => void;
  reject: (error: unknown) => void;
}

/** A worker holds two tasks: it reads nothing ahead, but never waits for the page between chunks. */
const DEPTH = 2;

interface Lane {
  worker: Worker;
  open: Map<number, Task>;
}

export class WorkerHasher implements Hasher {
  private readonly lanes: Lane[] = [];
  /** one list of tasks for each file, never empty; the file whose turn is next stands first */
  private readonly files: Task[][] = [];
  private nextId = 0;

  /** `make` starts one worker; workers are started when first needed and kept. */
  constructor(
    private readonly make: () => Worker,
    private readonly size: number = Math.max(1, (navigator.hardwareConcurrency || 2) - 1),
  ) {}

  async hash(file: Blob, plan: Plan, progress: (bytes: number) => void, signal: AbortSignal): Promise<string[]> {
    const tasks: Task[] = [];
    const hashes = Array.from({ length: plan.count }, (_, i) => {
      const { start, end } = range(plan, i);
      const blob = file.slice(start, end);
      return new Promise<string>((resolve, reject) => tasks.push({ blob, signal, progress, resolve, reject }));
    });
    if (tasks.length > 0) this.files.push(tasks);
    this.pump();
    return Promise.all(hashes);
  }

  private pump(): void {
    for (;;) {
      const tasks = this.files[0];
      const task = tasks?.[0];
      if (!tasks || !task) return;
      if (task.signal.aborted) {
        this.files.shift();
        for (const { reject } of tasks) reject(task.signal.reason);
        continue;
      }
      const lane = this.freeLane();
      if (!lane) return;
      this.files.shift();
      tasks.shift();
      if (tasks.length > 0) this.files.push(tasks);
      const id = this.nextId++;
      lane.open.set(id, task);
      lane.worker.postMessage({ id, blob: task.blob } satisfies Ask);
    }
  }

  private freeLane(): Lane | undefined {
    let best: Lane | undefined;
    for (const lane of this.lanes) if (!best || lane.open.size < best.open.size) best = lane;
    if ((!best || best.open.size > 0) && this.lanes.length < this.size) best = this.start();
    return best && best.open.size < DEPTH ? best : undefined;
  }

  private start(): Lane {
    const lane: Lane = { worker: this.make(), open: new Map() };
    lane.worker.onmessage = (event: MessageEvent<Tell>) => this.heard(lane, event.data);
    lane.worker.onerror = (event) => this.died(lane, event.message);
    this.lanes.push(lane);
    return lane;
  }

  private heard(lane: Lane, tell: Tell): void {
    const task = lane.open.get(tell.id);
    if (!task) return;
    if ("bytes" in tell) {
      task.progress(tell.bytes);
      return;
    }
    lane.open.delete(tell.id);
    if ("hash" in tell) task.resolve(tell.hash);
    else task.reject(new Unreadable(tell.error));
    this.pump();
  }

  /** A worker that could not start or crashed takes its tasks with it; the next task starts a new one. */
  private died(lane: Lane, why: string): void {
    lane.worker.terminate();
    this.lanes.splice(this.lanes.indexOf(lane), 1);
    for (const task of lane.open.values()) task.reject(new Error(`hash worker: ${why}`));
    this.pump();
  }
}
