// Requests that only the control page makes.
import { Api } from "../api/client.ts";
import type { Deleted, DeleteUploadRequest, PathRequest, UploadInfo, Uploads } from "../api/types.gen.ts";

export class ControlApi extends Api {
  /** Returns the client's own uploads that it may delete, and its unfinished ones. */
  async ownUploads(): Promise<UploadInfo[]> {
    return (await this.read<Uploads>("uploads")).uploads;
  }

  /** Deletes one entry by the right to delete. */
  async delete(path: string): Promise<Deleted> {
    return (await this.change<PathRequest>("delete", { path })).json() as Promise<Deleted>;
  }

  /** Deletes an own upload for good, without the right to delete. */
  async deleteUpload(path: string): Promise<void> {
    await this.change<DeleteUploadRequest>("delete-upload", { path });
  }
}
