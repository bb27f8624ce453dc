import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;

/** A client of the Runtime API with the JDK alone. */
public final class Client {
    public static void main(String[] args) throws Exception {
        var api = "http://" + System.getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/";
        var http = HttpClient.newHttpClient();
        while (true) {
            var event = http.send(HttpRequest.newBuilder(URI.create(api + "next")).build(), BodyHandlers.ofString());
            var id = event.headers().firstValue("Lambda-Runtime-Aws-Request-Id").orElseThrow();
            var answer = HttpRequest.newBuilder(URI.create(api + id + "/response")).POST(BodyPublishers.ofString(event.body())).build();
            http.send(answer, BodyHandlers.discarding());
        }
    }
}
