/** How a FHIR server is exported from; what differs between environments stands there (`fhirServers`). */
export const BULK_EXPORT = {
  shortestWaitSeconds: 1,
  /** a long export is asked for less often: Step Functions keeps 25,000 events of an execution */
  patientAfterPolls: 100,
  patientSeconds: 60,
  /** transient answers and broken connections in a row, before the export ends as refused */
  mostFailures: 12,
  /** how often expired links are asked for anew */
  mostRenewals: 5,
  /** how often an export that the server forgot is started anew */
  mostKickOffs: 3,
  /** a part of the upload ends with the line that reaches this */
  pieceBytes: 256 * 1024 * 1024,
  /** a longer line is no resource */
  lineBytes: 64 * 1024 * 1024,
  /** an upload has at most 500 parts: a batch makes one, and another for each `pieceBytes` */
  mostBatches: 400,
  /** downloads at once from one server */
  concurrency: 4,
  /** a download step ends of itself before its function is ended, seconds */
  downloadSeconds: 720,
} as const;
