import { newKey, NotReached, refusal, writeHeaders } from './client';

/**
 * Send a file as a form's field, telling how much has left (0…1; null: nobody knows). The only
 * request that is not `fetch`, which cannot tell. `others`: the form's other fields, before the file.
 * Raises `ApiProblem` or `NotReached`.
 */
export function upload<T>(
  path: string,
  field: string,
  file: File,
  onsent: (share: number | null) => void,
  key = newKey(),
  others: Readonly<Record<string, string>> = {},
): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', path);
    for (const [name, value] of Object.entries(writeHeaders(key))) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ lengthComputable, loaded, total }) =>
      onsent(lengthComputable && total > 0 ? loaded / total : null);
    request.onerror = () => reject(new NotReached(null));
    request.onload = () => {
      const body = parsed(request.responseText);
      if (request.status >= 200 && request.status < 300) resolve(body as T);
      else reject(refusal(request.status, body));
    };
    const form = new FormData();
    for (const [name, value] of Object.entries(others)) form.append(name, value);
    form.append(field, file);
    request.send(form);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
