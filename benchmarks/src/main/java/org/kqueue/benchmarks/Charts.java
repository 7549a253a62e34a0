package org.kqueue.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Measures what the charts show, and draws them as PNG. */
final class Charts {

    private final Path folder;
    private final Micro micro;
    private final Servers servers;
    private final int[] idle;
    private final int[] ready;
    private final double[] connections;

    Charts(Path folder, Micro micro, Servers servers, boolean full) {
        this.folder = folder;
        this.micro = micro;
        this.servers = servers;
        idle = full ? new int[] {1, 4, 16, 64, 256, 1024, 4096} : new int[] {1, 16, 256, 1024, 4096};
        ready = full ? new int[] {1, 4, 16, 64, 256, 1024} : new int[] {1, 16, 128, 1024};
        connections = full ? new double[] {1, 5, 20, 50, 100, 250, 500, 1000} : new double[] {1, 10, 50, 200, 500};
    }

    void draw() throws IOException {
        idle();
        ready();
        connections();
    }

    private void idle() throws IOException {
        XYChart chart = chart("One key ready among many idle ones: the cost of a select", "registered channels", "µs",
                true);
        for (String provider : new String[] {"poll", "jdk", "kqueue"}) {
            double[] micros = new double[idle.length];
            for (int i = 0; i < idle.length; i++) {
                micros[i] = micro.nanos(provider, idle[i], 1) / 1e3;
            }
            series(chart, provider, doubles(idle), micros);
        }
        save(chart, "idle-connections");
    }

    private void ready() throws IOException {
        XYChart chart = chart("1,024 registered: the cost of a select over the ready keys", "ready keys", "µs", true);
        for (String provider : new String[] {"jdk", "kqueue"}) {
            double[] micros = new double[ready.length];
            for (int i = 0; i < ready.length; i++) {
                micros[i] = micro.nanos(provider, 1024, ready[i]) / 1e3;
            }
            series(chart, provider, doubles(ready), micros);
        }
        save(chart, "ready-keys");
    }

    private void connections() throws IOException {
        Map<String, double[][]> measured = new LinkedHashMap<>();
        String[] providers = {"poll", "jdk", "kqueue"};
        for (String provider : providers) {
            measured.put(provider, new double[3][connections.length]);
        }
        for (int i = 0; i < connections.length; i++) {
            for (String provider : providers) {
                double[] values = servers.sweep(provider, (int) connections[i]);
                for (int j = 0; j < values.length; j++) {
                    measured.get(provider)[j][i] = values[j];
                }
            }
        }
        XYChart throughput = chart("Echo server, 64 bytes: throughput", "connections", "requests/s", false);
        XYChart latency = chart("Echo server, 64 bytes: latency", "connections", "µs", true);
        measured.forEach((provider, values) -> {
            series(throughput, provider, connections, values[0]);
            series(latency, provider + ", median", connections, values[1]);
            series(latency, provider + ", 99 %", connections, values[2]);
        });
        save(throughput, "throughput");
        save(latency, "latency");
    }

    private static double[] doubles(int[] values) {
        double[] doubles = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            doubles[i] = values[i];
        }
        return doubles;
    }

    private static XYChart chart(String title, String x, String y, boolean logarithmic) {
        XYChart chart = new XYChartBuilder().width(720).height(420).title(title + " (JDK " + Java.FEATURE + ")")
                .xAxisTitle(x).yAxisTitle(y).build();
        chart.getStyler().setLegendPosition(LegendPosition.InsideNW);
        chart.getStyler().setXAxisLogarithmic(true);
        chart.getStyler().setYAxisLogarithmic(logarithmic);
        if (!logarithmic) {
            chart.getStyler().setYAxisMin(0.0);
        }
        return chart;
    }

    private static void series(XYChart chart, String name, double[] x, double[] y) {
        XYSeries series = chart.addSeries(name, x, y);
        series.setMarker(SeriesMarkers.CIRCLE);
    }

    private void save(XYChart chart, String name) throws IOException {
        BitmapEncoder.saveBitmap(chart, folder.resolve(name).toString(), BitmapFormat.PNG);
    }
}
