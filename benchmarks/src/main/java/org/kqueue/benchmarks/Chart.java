package org.kqueue.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.style.Styler.LegendPosition;

/** What a request costs a server, as bars side by side. */
final class Chart {

    private Chart() {
    }

    static void draw(Collection<Row> rows, Path folder) throws IOException {
        Map<String, Map<Side, Double>> cpu = new LinkedHashMap<>();
        for (Row row : rows) {
            if (row.unit().equals(Servers.PER_REQUEST) && row.work().matches(".*, 50 connections|connection churn")) {
                Map<Side, Double> sides = cpu.computeIfAbsent(row.work().replace(", 50 connections", ""),
                        work -> new EnumMap<>(Side.class));
                sides.put(row.other(), row.their());
                sides.put(Side.KQUEUE, row.our());
            }
        }
        List<String> works = List.copyOf(cpu.keySet());
        if (works.isEmpty()) {
            return;
        }
        CategoryChart chart = new CategoryChartBuilder().width(1000).height(420)
                .title("Processor time of a server per request (JDK " + Compare.FEATURE + ")").yAxisTitle("µs").build();
        chart.getStyler().setLegendPosition(LegendPosition.InsideNW);
        for (Side side : List.of(Side.JDK, Side.KQUEUE, Side.NETTY_EPOLL)) {
            List<Double> micros = new ArrayList<>();
            works.forEach(work -> micros.add(cpu.get(work).get(side)));
            chart.addSeries(side.label, works, micros);
        }
        BitmapEncoder.saveBitmap(chart, folder.resolve("cpu-per-request").toString(), BitmapFormat.PNG);
    }
}
